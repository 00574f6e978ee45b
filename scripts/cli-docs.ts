/** Writes docs/cli.md from the commands in server/cli: `node scripts/cli-docs.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../server/cli/command.ts'
import { allCommands } from '../server/cli/commands.ts'
import { exitCodes, synopsis, usageOf } from '../server/cli/help.ts'
import { SETTING_OPTIONS } from '../server/cli/settings.ts'

export const CLI_DOCS_PATH = join(import.meta.dirname, '../docs/cli.md')

/** docs/cli.md as it must be for the commands of this checkout. */
export async function cliMarkdown(): Promise<string> {
  const commands = await allCommands()
  return [
    '# Command line',
    '',
    '<!-- Written by scripts/cli-docs.ts from server/cli/; change it there. -->',
    '',
    'After `npm ci`, in the checkout: `npx tabseed COMMAND`; from any other folder: `npx --prefix <checkout> tabseed COMMAND`.',
    'Paths are taken from where you are. Nothing is fetched to run it.',
    '',
    'Results go to stdout; progress, remarks and errors to stderr: a bar on a terminal, a line every few seconds elsewhere.',
    'Every command but `serve` takes `--json` (one JSON object on stdout, for an error `{"error": {"code", "message", "detail"}}` with',
    'the codes of [api.md](api.md) or `usage`; progress as JSON lines on stderr), `--quiet` (errors and results only) and `--help`.',
    '`tabseed --version` says which Tabseed it is.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    ...exitCodes().map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...commands.flatMap(section),
  ].join('\n')
}

function section(command: Command): string[] {
  // A pipe would end the cell.
  const cell = (text: string) => text.replaceAll('|', '\\|')
  // By what they are: other options have the name of a setting too.
  const isSetting = (name: string) => command.options[name] === SETTING_OPTIONS[name]
  const takesSettings = Object.keys(SETTING_OPTIONS).every(isSetting)
  const options = Object.entries(command.options).filter(([name]) => !takesSettings || !isSetting(name))
  return [
    `## ${command.name}`,
    '',
    `\`${usageOf(command)}\``,
    '',
    [command.summary, ...(command.notes ?? [])].join('\n\n'),
    '',
    ...(options.length === 0
      ? []
      : [
          '| option | |',
          '|---|---|',
          ...options.map(
            ([name, option]) => `| \`${cell(synopsis(name, option))}\` | ${cell(option.about)} |`,
          ),
          '',
        ]),
    ...(takesSettings ? ['And every flag of the server: [configuration.md](configuration.md).', ''] : []),
    ...command.examples.map(([line, meaning]) => `- \`${line}\`: ${meaning}`),
    '',
  ]
}

if (import.meta.main) writeFileSync(CLI_DOCS_PATH, await cliMarkdown())
