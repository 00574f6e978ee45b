/** Rooms and files stay small: part of `npm run lint`. Prints each fault and fails when there is one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** More files than this in one folder are two subjects. */
const FILES_MAX = 15

/** A file with more lines than this has two reasons to change. */
const LINES_MAX = 330

/** Folders whose files are measured. */
const MEASURED = ['lib', 'server', 'components', 'app']

/** Files that may be longer. */
const LONG: readonly string[] = [
  // One declaration of one module, which changes when webtorrent does.
  'lib/engine/webtorrent-module.d.ts',
]

/** Files that may lie beside the rooms. */
const LOOSE: Readonly<Record<string, readonly string[]>> = { lib: [], server: ['app.ts', 'main.ts'] }

/** What is wrong with the folders of `lib/` and `server/` and with the files of `MEASURED` in the checkout at `root`: one sentence a fault. */
export function roomFaults(root: string): string[] {
  return [...folderFaults(root), ...MEASURED.flatMap(top => longFiles(root, top))]
}

function folderFaults(root: string): string[] {
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

function longFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return longFiles(root, path)
    if (!/\.tsx?$/.test(entry.name) || LONG.includes(path)) return []
    const lines = readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length
    return lines > LINES_MAX ? [`${path}: ${lines} lines, at most ${LINES_MAX}`] : []
  })
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
