import { parseArgs } from 'node:util'

/** What a command ends with; part of the interface. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3, interrupted: 130 } as const

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** Name of its value in the help. */
  readonly value?: string
  readonly description: string
}

/** What a command was called with: `Values` as parseArgs gives them. */
export interface Call {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly name: string
  /** After the name, as `PATH… [options]`. */
  readonly usage: string
  readonly summary: string
  readonly options: Readonly<Record<string, Option>>
  readonly examples: readonly string[]
  /** Resolves with the exit code. Errors: `UsageError`, `AppError`. */
  run(call: Call): Promise<number>
}

/** The command was called wrongly; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Every command takes these. */
const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', short: 'h', description: 'Print this and exit.' },
  json: { type: 'boolean', description: 'Print the result as JSON.' },
}

/** Errors: `UsageError`. */
export function parseCall(command: Command, args: readonly string[]): Omit<Call, 'signal'> {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, { multiple, short, type }]) => [
      name,
      { type, ...(short && { short }), ...(multiple && { multiple }) },
    ]),
  )
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { positionals, values }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The text of `tabseed <command> --help`. */
export function commandHelp({ examples, name, options, summary, usage }: Command): string {
  const lines = Object.entries({ ...options, ...COMMON_OPTIONS }).map(([long, option]) => {
    const short = option.short ? `-${option.short}, ` : '    '
    const left = `  ${short}--${long}${option.type === 'string' ? ` <${option.value ?? 'value'}>` : ''}`
    return `${left.padEnd(32)} ${option.description}`
  })
  return [
    `Usage: tabseed ${name} ${usage}`,
    '',
    summary,
    '',
    'Options:',
    ...lines,
    '',
    'Examples:',
    ...examples.map(example => `  ${example}`),
    '',
  ].join('\n')
}

/** A whole number from an option. Errors: `UsageError`. */
export function numberOption(value: Call['values'][string], name: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value)
  throw new UsageError(`--${name} must be a whole number`)
}
