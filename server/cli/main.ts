import { toAppError } from '../../lib/errors.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { onInterrupt } from '../interrupt.ts'
import { type Command, EXIT, readArguments } from './command.ts'
import { COMMANDS } from './commands.ts'
import { describeFailure } from './failure.ts'
import { commandHelp, overview } from './help.ts'
import { UsageError } from './options.ts'
import { Output } from './output.ts'

// Whoever reads us may stop reading, as `head` does.
process.stdout.on('error', () => process.exit(EXIT.failed))

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stderr.write(await overview())
    return EXIT.usage
  }
  if (name === '--help' || name === '-h') {
    process.stdout.write(await overview())
    return EXIT.done
  }
  const command = Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.() : undefined
  if (!command) return complain(`there is no command "${name}"`, 'tabseed --help')
  try {
    return await runCommand(command, args)
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message, `tabseed ${name} --help`)
    return fail(error, args.includes('--json'))
  }
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const { common, operands, options } = readArguments(command, args)
  const output = new Output(common)
  if (common.help) {
    process.stdout.write(commandHelp(command))
    return EXIT.done
  }
  const interrupt = new AbortController()
  const call = { operands, options, output, signal: interrupt.signal }
  if (command.passesOn) return command.run(call)

  onInterrupt(
    () => interrupt.abort(),
    () => process.exit(EXIT.interrupted),
  )
  const code = await command.run(call)
  // Peers and timers of the transfer code must not keep a finished command.
  process.stdout.write('', () => process.exit())
  return code
}

function fail(error: unknown, asJson: boolean): number {
  const failure = describeFailure(error)
  if (asJson) process.stdout.write(`${JSON.stringify({ error: failure })}\n`)
  if (failure.code === 'cancelled') return EXIT.interrupted
  const { code, cause } = toAppError(error)
  process.stderr.write(
    `tabseed: ${failure.message}${visibleName(failure.detail && ` (${failure.detail})`)}\n`,
  )
  // A mistake of ours: where it happened helps whoever reports it.
  if (code === 'internal' && cause instanceof Error) process.stderr.write(`${cause.stack}\n`)
  return EXIT.failed
}

function complain(problem: string, see: string): number {
  process.stderr.write(`tabseed: ${visibleName(problem)}; see ${see}\n`)
  return EXIT.usage
}
