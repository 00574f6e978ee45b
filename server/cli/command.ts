import { parseArgs } from 'node:util'
import { flag, type Option, type Options, UsageError, type Values } from './options.ts'
import type { Output } from './output.ts'

/** Exit codes; part of the interface. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3, interrupted: 130 } as const

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage',
  incomplete: 'stopped incomplete; run again to continue',
  interrupted: 'interrupted',
}

/** One call of a command. */
interface Call<Table extends Options = Options> {
  /** The arguments that are not options, in order. */
  readonly operands: readonly string[]
  readonly options: Values<Table>
  readonly output: Output
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Command<Table extends Options = Options> {
  readonly name: string
  readonly summary: string
  /** Its operands in the help, for example `PATH…`; empty if it takes none. */
  readonly operands: string
  /** Fewest and most operands. */
  readonly count: readonly [least: number, most: number]
  readonly options: Table
  /** Details for the help, a paragraph each. */
  readonly notes?: readonly string[]
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** Its arguments are for another program: they arrive as operands, unparsed. */
  readonly passesOn?: true
  /** Resolves with the exit code, or null if the process continues on its own. Errors: `UsageError`, `AppError`. */
  run(call: Call<Table>): Promise<number | null>
}

/** A command whose `run` gets its options with their types. */
export const defineCommand = <const Table extends Options>(command: Command<Table>): Command =>
  command as unknown as Command

/** Options of every command, unless it passes its arguments on. */
const COMMON_OPTIONS = {
  json: flag('Print the result as one JSON object; progress as JSON lines on stderr.'),
  quiet: flag('Print no progress and no remarks.', { short: 'q' }),
  help: flag('Print this and exit.', { short: 'h' }),
}

/** All options of a command, in the order of its help. */
export const optionsOf = ({ options, passesOn }: Command): Options =>
  passesOn ? { ...options, help: COMMON_OPTIONS.help } : { ...options, ...COMMON_OPTIONS }

interface Arguments {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly common: Values<typeof COMMON_OPTIONS>
}

/** Errors: `UsageError`. */
export function readArguments(command: Command, args: readonly string[]): Arguments {
  if (command.passesOn) {
    const help = args.includes('--help') || args.includes('-h')
    return { operands: args, options: {}, common: { help, json: false, quiet: false } }
  }
  const { operands, texts } = split(optionsOf(command), args)
  const common = readOptions(COMMON_OPTIONS, texts) as Values<typeof COMMON_OPTIONS>
  if (common.help) return { operands, options: {}, common }
  const options = readOptions(command.options, texts)
  const [least, most] = command.count
  if (operands.length < least) throw new UsageError(`it needs ${command.operands}`)
  if (operands.length > most) {
    throw new UsageError(`"${operands[most]}" is too much: it takes ${command.operands || 'no operands'}`)
  }
  return { operands, options, common }
}

/** Errors: `UsageError` for an unknown option, a missing value, or a value that is not taken. */
function split(table: Options, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { short, takes }]) => [
      name,
      { type: takes === undefined ? 'boolean' : 'string', multiple: true, ...(short && { short }) } as const,
    ]),
  )
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    const texts = Object.entries(values).map(
      ([name, given = []]) => [name, [given].flat().map(String)] as const,
    )
    return { operands: positionals, texts: new Map(texts) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // Only the first sentence: the rest is about positional arguments that begin with a dash.
    throw new UsageError(message.replace(/\.? To specify [\s\S]*|\n[\s\S]*/, ''))
  }
}

function readOptions(table: Options, texts: ReadonlyMap<string, readonly string[]>): Record<string, unknown> {
  const read = ([name, option]: [string, Option]) => {
    try {
      return [name, option.read(texts.get(name) ?? [])]
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`--${name} ${error.message}`)
      throw error
    }
  }
  return Object.fromEntries(Object.entries(table).map(read))
}
