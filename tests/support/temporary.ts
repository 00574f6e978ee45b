import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Gives this run a temporary folder of its own, for tests, browsers and servers alike, and deletes it at its end: where all
 * tests of a file are left out nothing ends what the file has made, and a killed browser leaves its profile.
 */
export function setTemporaryFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tabseed-run-'))
  // PostgreSQL runs as a user of its own.
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
}
