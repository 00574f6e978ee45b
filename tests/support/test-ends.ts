import { afterEach } from 'vitest'
import { tempFolder } from './content/fixtures.ts'

/** What the tests of a file start and make, ended after each test: the last one first. */
export function endAfterEach() {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  /** A new folder, deleted after the test. */
  const inFolder = (): string => {
    const folder = tempFolder()
    ends.push(() => folder[Symbol.dispose]())
    return folder.path
  }
  return { ends, inFolder }
}
