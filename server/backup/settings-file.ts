import { join } from 'node:path'
import { writeAtomic } from '../base/atomic-write.ts'
import type { Config } from '../config/config.ts'
import { SETTINGS_FILE } from './format.ts'

/**
 * Writes the settings that differ from their defaults, without secrets, into the data directory: a backup, which another
 * process makes, has them too. In the form of systemd's EnvironmentFile. Errors: the file system's own.
 */
export async function saveSettings({ data, given }: Pick<Config, 'data' | 'given'>): Promise<void> {
  const lines = Object.entries(given).map(([name, value]) => `${name}=${quoted(value)}\n`)
  const text = `# Written at each start, for backups: change the settings themselves. Secrets are left out.\n${lines.join('')}`
  await writeAtomic(join(data, SETTINGS_FILE), text)
}

/** In quotes, so that a shell takes it literally too. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`
