import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CLI_DOCS_PATH, cliMarkdown } from '../../../scripts/cli-docs.ts'
import { readArguments } from '../../../server/cli/command.ts'
import { create } from '../../../server/cli/commands/create.ts'
import { allCommands, COMMANDS } from '../../../server/cli/commands.ts'
import { commandHelp, overview } from '../../../server/cli/help.ts'

const read = (...args: string[]) => readArguments(create, args)

describe('arguments', () => {
  test('are read as mktorrent reads them', () => {
    const { operands, options } = read(
      ...['-pd', '-a', 'http://a/1,udp://b:2', '-l18', '--announce=wss://c', '-n', 'x', '-n', 'y', 'in'],
    )
    expect(operands).toEqual(['in'])
    expect(options).toMatchObject({
      private: true,
      'no-date': true,
      force: false,
      announce: [['http://a/1', 'udp://b:2'], ['wss://c']],
      'piece-length': 2 ** 18,
      name: 'y',
      comment: undefined,
    })
  })

  test.each([
    ['14', 2 ** 14],
    ['26', 2 ** 26],
    ['262144', 2 ** 18],
    ['1MiB', 2 ** 20],
  ])('take a piece length of %s', (text, bytes) => {
    expect(read('-l', text, 'in').options).toMatchObject({ 'piece-length': bytes })
  })

  test.each([
    [['in', '-l', '13']],
    [['in', '-l', '27']],
    [['in', '-l', '300000']],
    [['in', '-t', '0']],
    [['in', '-t', 'many']],
    [['in', '-a', 'example.org']],
    [['in', '-a', 'http://a,']],
    [['in', '-w', 'udp://a']],
    [['in', '-n', '../x']],
    [['in', '-c', '']],
    [['in', '-o']],
    [['in', '--private=yes']],
    [['in', '--nope']],
    [[]],
  ])('%j are refused in one line', args => {
    expect(() => read(...args)).toThrow(expect.objectContaining({ name: 'UsageError' }))
    expect(() => read(...args)).toThrow(/^[^\n]+$/)
  })

  test('behind -- are names, and --help needs nothing else', () => {
    expect(read('--', '--help').operands).toEqual(['--help'])
    expect(read('-h').common.help).toBe(true)
  })
})

test('every command explains each of its options, and stands in the overview', async () => {
  const commands = await allCommands()
  expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS))
  for (const command of commands) {
    expect(await overview()).toContain(`  ${command.name} `)
    const help = commandHelp(command)
    for (const name of Object.keys(command.options)) expect(help).toMatch(new RegExp(`--${name}\\b`))
    for (const line of help.split('\n')) {
      if (!command.examples.some(([example]) => line.includes(example))) {
        expect(line.length, line).toBeLessThanOrEqual(100)
      }
    }
    for (const [example] of command.examples)
      expect(example).toMatch(new RegExp(`^tabseed ${command.name}\\b`))
  }
})

test('docs/cli.md is current', async () => {
  expect(readFileSync(CLI_DOCS_PATH, 'utf8'), 'run: npm run docs:cli').toBe(await cliMarkdown())
})
