import { AppError } from '../../lib/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import { type Command, commandHelp, EXIT, parseCall, UsageError } from './command.ts'
import { create } from './commands/create.ts'
import { get } from './commands/get.ts'
import { share } from './commands/share.ts'
import { show } from './commands/show.ts'

const COMMANDS: readonly Command[] = [share, get, create, show]

/** One Ctrl-C may come as two signals. */
const IMPATIENT_MS = 500

const interrupt = new AbortController()
let interruptedAt = Number.POSITIVE_INFINITY
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interruptNow)

process.exitCode = await main(process.argv.slice(2))
// Peers and timers of the transfer code must not keep a finished command.
process.stdout.write('', () => process.exit())

/** The second one, when the first takes too long, ends it at once. */
function interruptNow(): void {
  const now = performance.now()
  if (now - interruptedAt > IMPATIENT_MS) process.exit(EXIT.interrupted)
  interruptedAt = Math.min(interruptedAt, now)
  interrupt.abort()
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = COMMANDS.find(command => command.name === args[0])
    process.stdout.write(asked ? commandHelp(asked) : help())
    return name === undefined ? EXIT.usage : EXIT.done
  }
  const command = COMMANDS.find(command => command.name === name)
  if (!command) return complain(`there is no command "${name}"`, 'tabseed --help')
  try {
    const { positionals, values } = parseCall(command, args)
    if (values['help'] === true) {
      process.stdout.write(commandHelp(command))
      return EXIT.done
    }
    return await command.run({ positionals, values, signal: interrupt.signal })
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message, `tabseed ${name} --help`)
    if (interrupt.signal.aborted) return EXIT.interrupted
    if (!(error instanceof AppError)) throw error
    process.stderr.write(`tabseed: ${messages.errors[error.code]}${error.detail && ` (${error.detail})`}\n`)
    return EXIT.failed
  }
}

function complain(problem: string, see: string): number {
  process.stderr.write(`tabseed: ${problem}; see ${see}\n`)
  return EXIT.usage
}

function help(): string {
  return [
    'Usage: tabseed <command> [options]',
    '',
    'Publish and fetch files from a shell.',
    '',
    'Commands:',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`),
    '',
    'tabseed <command> --help says more. The server itself: npm start -- --help.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped incomplete (run again to go on), 130 interrupted.',
    '',
  ].join('\n')
}
