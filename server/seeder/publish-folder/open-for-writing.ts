import { readdir, readFile, stat } from 'node:fs/promises'

/** The access mode in the flags of an open file (`open(2)`): not 0 when it may be written to. */
const ACCESS_MODE = 0o3

/**
 * Those of `locations` that some process has open for writing. Reads `/proc` (`proc(5)`), which is there on Linux only, and
 * shows a process without rights only what this user's processes have open.
 */
export async function openForWriting(locations: readonly string[]): Promise<ReadonlySet<string>> {
  const written = new Set<string>()
  const wanted = new Map<string, string>()
  for (const location of locations) {
    const key = await identity(location)
    if (key) wanted.set(key, location)
  }
  for (const process of await list('/proc')) {
    if (!/^\d+$/.test(process)) continue
    for (const descriptor of await list(`/proc/${process}/fd`)) {
      const key = await identity(`/proc/${process}/fd/${descriptor}`)
      const location = key && wanted.get(key)
      if (location && (await mayWrite(`/proc/${process}/fdinfo/${descriptor}`))) written.add(location)
    }
  }
  return written
}

/** Also the same for a hard link, and for the same file under another path, as in a container. */
const identity = (location: string): Promise<string | null> =>
  stat(location).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => null,
  )

const list = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])

async function mayWrite(fdinfo: string): Promise<boolean> {
  const text = await readFile(fdinfo, 'utf8').catch(() => '')
  const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '0'
  return (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0
}
