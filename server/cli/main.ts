import { toAppError } from '../../lib/base/errors.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { onInterrupt } from '../base/interrupt.ts'
import { type Command, EXIT, readArguments } from './command.ts'
import { COMMANDS, calledCommand, commandsBelow } from './commands.ts'
import { describeFailure } from './failure.ts'
import { commandHelp, overview, versionLine } from './help.ts'
import { UsageError } from './options.ts'
import { jsonLine, Output } from './output.ts'

const PROXY_NAME = /^(https?|all)_proxy$/i

// The reader of our output may stop early, as `head` does.
process.stdout.on('error', () => process.exit(EXIT.failed))

const exitCode = await main(process.argv.slice(2))
if (exitCode !== null) {
  process.exitCode = exitCode
  // Peers and timers of the transfer code must not keep a finished command running.
  process.stdout.write('', () => process.exit())
}

async function main(words: readonly string[]): Promise<number | null> {
  const [first] = words
  if (first === undefined) {
    process.stderr.write(await overview())
    return EXIT.usage
  }
  if (first === '--help' || first === '-h') {
    process.stdout.write(await overview())
    return EXIT.done
  }
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${versionLine()}\n`)
    return EXIT.done
  }
  const asJson = words.includes('--json')
  const called = calledCommand(words)
  const command = called && (await COMMANDS[called.name]?.())
  if (!called || !command) return complainOfName(words, { asJson })
  const { args, name } = called
  try {
    return await runCommand(command, args)
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message, `tabseed ${name} --help`, { asJson })
    return fail(error, { asJson })
  }
}

async function runCommand(command: Command, args: readonly string[]): Promise<number | null> {
  const { common, operands, options } = readArguments(command, args)
  const output = new Output(common)
  if (common.help) {
    process.stdout.write(commandHelp(command))
    return EXIT.done
  }
  const interrupt = new AbortController()
  if (!command.passesOn && Object.keys(process.env).some(name => PROXY_NAME.test(name))) {
    // Loaded where there is one: with `node:http` it takes a tenth of a second, a third of a short command.
    const { setUpProxies } = await import('../node-engine/proxies.ts')
    for (const proxy of setUpProxies(process.env))
      output.warn(`the proxy ${proxy} is not used: only http:// and https:// ones are`)
  }
  const call = { operands, options, output, signal: interrupt.signal }
  if (command.passesOn) return command.run(call)

  onInterrupt(
    () => interrupt.abort(),
    () => process.exit(EXIT.interrupted),
  )
  try {
    return await command.run(call)
  } catch (error) {
    // A program that reads stdout has its one object, which stays valid.
    if (!output.hasResult || error instanceof UsageError) throw error
    return fail(error, { asJson: false })
  }
}

interface Form {
  readonly asJson: boolean
}

function fail(error: unknown, { asJson }: Form): number {
  const failure = describeFailure(error)
  if (asJson) sayError(failure)
  if (failure.code === 'cancelled') return EXIT.interrupted
  const { cause } = toAppError(error)
  process.stderr.write(
    `tabseed: ${failure.message}${visibleName(failure.detail && ` (${failure.detail})`)}\n`,
  )
  // A bug: the stack helps whoever reports it.
  if (failure.code === 'internal' && cause instanceof Error) process.stderr.write(`${cause.stack}\n`)
  return EXIT.failed
}

/** Prints an error in the shape of the API's. */
function sayError(error: { readonly code: string; readonly message: string; readonly detail: string }): void {
  process.stdout.write(`${jsonLine({ error })}\n`)
}

/** `tabseed admin` alone, and `tabseed admin --help`, say which commands there are. */
function complainOfName(words: readonly string[], { asJson }: Form): number {
  const [first = ''] = words
  const names = commandsBelow(first)
  if (names.length === 0) return complain(`there is no command "${first}"`, 'tabseed --help', { asJson })
  const isHelp = words.includes('--help') || words.includes('-h')
  if (!isHelp) return complain(`it is one of: ${names.join(', ')}`, 'tabseed --help', { asJson })
  process.stdout.write(names.map(name => `tabseed ${name}\n`).join(''))
  return EXIT.done
}

function complain(problem: string, see: string, { asJson }: Form): number {
  if (asJson) sayError({ code: 'usage', message: problem, detail: '' })
  process.stderr.write(`tabseed: ${visibleName(problem)}; see ${see}\n`)
  return EXIT.usage
}
