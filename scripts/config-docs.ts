/** Writes docs/configuration.md from the settings in server/config/config.ts: `node scripts/config-docs.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTINGS } from '../server/config/config.ts'

export const CONFIG_DOCS_PATH = join(import.meta.dirname, '../docs/configuration.md')

/** docs/configuration.md as it must be for the settings of this checkout. */
export function configMarkdown(): string {
  const sections = SETTINGS.map(({ env, flag, description, default: fallback, example, secret }) => {
    const value = fallback === undefined || fallback === '' ? 'none' : `\`${fallback}\``
    return [
      `## ${env}`,
      '',
      description,
      '',
      `Flag \`--${flag}\`, default ${value}, example \`${example}\`.${secret ? ` Or in a file that \`${env}_FILE\` names.` : ''}`,
      '',
    ].join('\n')
  })
  return `${[
    '# Configuration',
    '',
    '<!-- Written by scripts/config-docs.ts from server/config/config.ts; change it there. -->',
    '',
    'Every setting is an environment variable and a flag (`npm start -- --port 8080`). A flag wins over the variable, an',
    'empty value counts as unset. All problems are listed at once and end the start with exit code 2. `--help` prints',
    'the same list; `--dev` serves the pages from source with hot reload (`npm run dev`).',
    '',
    'Secrets need be neither in the environment nor in a process list: `TABSEED_OPERATOR_KEY_FILE=/run/secrets/operator-key` names a file that',
    "has the key and nothing else, as systemd's credentials and the secrets of containers are. A line break at its end is left out.",
    '',
    sections.join('\n'),
  ].join('\n')}`
}

if (import.meta.main) writeFileSync(CONFIG_DOCS_PATH, configMarkdown())
