/** Rooms stay small: part of `npm run lint`. Prints each fault and fails when there is one. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** More files than this in one folder are two subjects. */
const FILES_MAX = 15

/** Files that may lie beside the rooms. */
const LOOSE: Readonly<Record<string, readonly string[]>> = { lib: [], server: ['app.ts', 'main.ts'] }

/** What is wrong with the folders of `lib/` and `server/` in the checkout at `root`: one sentence a fault. */
export function roomFaults(root: string): string[] {
  return Object.entries(LOOSE).flatMap(([top, loose]) => {
    const names = filesIn(join(root, top)).filter(name => !loose.includes(name))
    return [
      ...names.map(
        name =>
          `${top}/${name}: only folders${loose.map(file => ` and ${file}`).join('')} may lie in ${top}/`,
      ),
      ...fullFolders(root, top),
    ]
  })
}

function fullFolders(root: string, folder: string): string[] {
  const count = filesIn(join(root, folder)).length
  const inside = readdirSync(join(root, folder), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .flatMap(entry => fullFolders(root, `${folder}/${entry.name}`))
  return count > FILES_MAX ? [`${folder}/: ${count} files, at most ${FILES_MAX}`, ...inside] : inside
}

/** Names of the files in `folder`, without those that are hidden. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(entry => entry.name)

if (import.meta.main) {
  const faults = roomFaults(process.cwd())
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}
