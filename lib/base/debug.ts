/** Writes one line of debug output; does nothing unless its namespace is switched on. `fields` are shown as `name=value`, without undefined ones. */
export type Debug = (message: string, fields?: Readonly<Record<string, unknown>>) => void

/** The key in a browser's localStorage that switches debug output on. */
const STORAGE_KEY = 'tabseed-debug'

/**
 * Debug output of namespaces such as `engine:connect`, off by default. One switch turns it on, with patterns separated by
 * commas or spaces (`engine:connect`, `engine:*`, `*`):
 *
 * - a tab, or the page of a widget: `localStorage.setItem('tabseed-debug', 'engine:*')` in its console, then reload;
 *   `localStorage.removeItem('tabseed-debug')` switches it off. A widget in a frame has the localStorage of our origin.
 * - Node: `TABSEED_DEBUG='engine:*'` in the environment; the lines go to stderr.
 *
 * IP addresses are left out of the lines, so that they can be attached to a bug report.
 */
export const debug = (namespace: string): Debug => shared.namespace(namespace)

/** What is switched on here, to be handed to a worker, which has no localStorage. */
export const debugPatterns = (): string => shared.patterns

/** Switch on what the page of this worker has switched on. */
export const setDebugPatterns = (patterns: string): void => shared.setPatterns(patterns)

/** The namespaces of one program and the switch for them. `write` gets finished lines. */
export class DebugLog {
  readonly #write: (line: string) => void
  #patterns = ''
  /** Empty while everything is off: a call then costs one comparison. */
  #enabled: readonly string[] = []

  constructor(patterns: string, write: (line: string) => void) {
    this.#write = write
    this.setPatterns(patterns)
  }

  get patterns(): string {
    return this.#patterns
  }

  setPatterns(patterns: string): void {
    this.#patterns = patterns
    this.#enabled = patterns.split(/[\s,]+/).filter(pattern => pattern !== '')
  }

  namespace(namespace: string): Debug {
    return (message, fields) => {
      if (this.#enabled.length === 0 || !this.#enabled.some(pattern => matches(pattern, namespace))) return
      const shown = Object.entries(fields ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : ` ${name}=${textOf(value)}`,
      )
      const time = new Date().toISOString().slice(11, 23)
      this.#write(`${time} ${namespace} ${withoutAddresses(message + shown.join(''))}`)
    }
  }
}

/** A pattern is a namespace, or the beginning of some followed by `*`. */
function matches(pattern: string, namespace: string): boolean {
  return pattern.endsWith('*') ? namespace.startsWith(pattern.slice(0, -1)) : namespace === pattern
}

function textOf(value: unknown): string {
  if (value instanceof Error) {
    return value.cause === undefined ? `${value}` : `${value} (${textOf(value.cause)})`
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g
/** Also what is no address but looks like one: too much left out does less harm than too little. */
const IPV6 = /(?<![\w:])(?=[\da-f:]*:[\da-f]*:)[\da-f:]{3,}(?:\.[\d.]+)?(?![\w:])/gi

const withoutAddresses = (text: string): string => text.replace(IPV4, '(ip)').replace(IPV6, '(ip)')

const nodeProcess = globalThis.process?.versions?.node === undefined ? null : globalThis.process

function startPatterns(): string {
  if (nodeProcess) return nodeProcess.env['TABSEED_DEBUG'] ?? ''
  try {
    return globalThis.localStorage?.getItem(STORAGE_KEY) ?? ''
  } catch {
    // The page may not use storage.
    return ''
  }
}

/** In Node to stderr, because stdout belongs to the output of commands. */
function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: the one place for debug output
  const print = nodeProcess ? console.error : console.log
  print(line)
}

const shared = new DebugLog(startPatterns(), writeLine)
