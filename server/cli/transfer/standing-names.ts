import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Finds what stands in a folder under a name in another Unicode form: macOS and some file systems decompose letters (`ü` as `u`
 * and a mark), and a copy from there is the same copy.
 */
export class StandingNames {
  readonly #folder: string
  /** Names, composed, that the share has in more than one form: each of them is another file. */
  readonly #twins = new Set<string>()
  /** Of each folder that was looked into, its names by their composed form. */
  readonly #standing = new Map<string, ReadonlyMap<string, string>>()

  /** `paths` are those of the share in `folder`. */
  constructor(folder: string, paths: Iterable<readonly string[]>) {
    this.#folder = folder
    const forms = new Map<string, string>()
    for (const path of paths) {
      if (!hasForms(path.join('/'))) continue
      for (let length = 1; length <= path.length; length++) {
        const name = path.slice(0, length)
        const key = composed(name)
        const form = name.join('/')
        if ((forms.get(key) ?? form) !== form) this.#twins.add(key)
        forms.set(key, form)
      }
    }
  }

  /** The path in the folder, with each name as it stands there; one that is not there is as given. */
  place(path: readonly string[]): string {
    let place = this.#folder
    for (const [depth, name] of path.entries()) {
      const isTwin = this.#twins.size > 0 && this.#twins.has(composed(path.slice(0, depth + 1)))
      place = join(place, isTwin ? name : this.#nameIn(place, name))
    }
    return place
  }

  #nameIn(folder: string, name: string): string {
    if (!hasForms(name) || existsSync(join(folder, name))) return name
    return this.#namesIn(folder).get(name.normalize('NFC')) ?? name
  }

  #namesIn(folder: string): ReadonlyMap<string, string> {
    const known = this.#standing.get(folder)
    if (known) return known
    const names = new Map(namesIn(folder).map(name => [name.normalize('NFC'), name]))
    this.#standing.set(folder, names)
    return names
  }
}

const composed = (path: readonly string[]): string => path.join('/').normalize('NFC')

const hasForms = (text: string): boolean => text.normalize('NFD') !== text.normalize('NFC')

/** None of a folder that is not there, or cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
