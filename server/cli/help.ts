import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, EXIT, EXIT_MEANINGS, optionsOf } from './command.ts'
import { allCommands } from './commands.ts'
import type { Option } from './options.ts'

const WIDTH = 100
const MARGIN = 32

/** How a command is called: `tabseed create PATH… [options]`. */
export const usageOf = (command: Command): string =>
  ['tabseed', command.name, command.operands, '[options]'].filter(part => part !== '').join(' ')

/** An option as the help shows it: `-a, --announce URL`. */
export const synopsis = (name: string, { short, takes }: Option): string =>
  `${short ? `-${short}, ` : ''}--${name}${takes ? ` ${takes}` : ''}`

/** Exit codes and their meanings, in order. */
export const exitCodes = (): [code: number, meaning: string][] =>
  Object.entries(EXIT).map(([name, code]) => [code, EXIT_MEANINGS[name as keyof typeof EXIT]])

/** The text of `tabseed <command> --help`. */
export function commandHelp(command: Command): string {
  const options = Object.entries(optionsOf(command)).flatMap(([name, option]) => {
    const left = `  ${option.short ? '' : '    '}${synopsis(name, option)}`
    const right = wrap(option.about, WIDTH - MARGIN)
    const first = left.length < MARGIN ? [left.padEnd(MARGIN) + (right.shift() ?? '')] : [left]
    return [...first, ...right.map(line => ' '.repeat(MARGIN) + line)]
  })
  return [
    `Usage: ${usageOf(command)}`,
    '',
    ...[command.summary, ...(command.notes ?? [])].flatMap(text => [...wrap(text, WIDTH), '']),
    'Options:',
    ...options,
    '',
    'Examples:',
    ...command.examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
    '',
  ].join('\n')
}

/** The text of `tabseed --help`. */
export async function overview(): Promise<string> {
  const commands = await allCommands()
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'Usage: tabseed COMMAND [options]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}`),
    '',
    `Exit codes: ${exitCodes()
      .map(([code, meaning]) => `${code} ${meaning}`)
      .join(' · ')}.`,
    'tabseed COMMAND --help says more about each; tabseed --version, which Tabseed this is.',
    '',
  ].join('\n')
}

/** The text of `tabseed --version`. */
export function versionLine(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  return `tabseed ${version}`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
