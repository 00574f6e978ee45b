import { AppError } from '../../lib/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import { type Command, commandHelp, EXIT, parseCall, UsageError } from './command.ts'

/** In the order of the help. Only the one that runs is loaded: the transfer code takes longer than some need at all. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  share: async () => (await import('./commands/share.ts')).share,
  get: async () => (await import('./commands/get.ts')).get,
  create: async () => (await import('./commands/create.ts')).create,
  show: async () => (await import('./commands/show.ts')).show,
}

const find = (name: string | undefined): Promise<Command> | undefined =>
  name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name]?.() : undefined

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
    const asked = await find(args[0])
    process.stdout.write(asked ? commandHelp(asked) : await help())
    return name === undefined ? EXIT.usage : EXIT.done
  }
  const command = await find(name)
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

async function help(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map(load => load()))
  return [
    'Usage: tabseed <command> [options]',
    '',
    'Publish and fetch files from a shell.',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`),
    '',
    'tabseed <command> --help says more. The server itself: npm start -- --help.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped incomplete (run again to go on), 130 interrupted.',
    '',
  ].join('\n')
}
