import { pino } from 'pino'

export type Log = ReturnType<typeof createLog>

type WriteLine = (line: string) => void

/**
 * JSON lines on stderr; stdout carries only the URL to open. Nothing that is logged may hold an address, a query string
 * (announces carry info hashes and peer ids in it) or an owner key, so errors are reduced to what names
 * their cause. `write` takes each line in place of stderr.
 */
export function createLog(level: string, write: WriteLine = stderrWriter()) {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: describeError },
    },
    // Written at once, so that the last lines before an exit are not lost.
    { write },
  )
}

function stderrWriter(): WriteLine {
  // The reader of the log may go first; the server goes on, and still stops in order.
  process.stderr.on('error', () => {})
  return line => process.stderr.write(line)
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? error.code : undefined
  return { name: error.name, code, stack: error.stack, cause: error.cause && describeError(error.cause) }
}
