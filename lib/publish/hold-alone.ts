/**
 * Takes the Web Lock `name` if no tab of this browser has it; resolves to what releases it, which a crash does too. Null: another one
 * has it, or this browser has no such locks, or refuses them, as in a sandbox.
 */
export function holdAlone(name: string): Promise<(() => void) | null> {
  const { locks } = navigator
  if (!locks) return Promise.resolve(null)
  return new Promise(resolve => {
    locks
      .request(name, { ifAvailable: true }, lock => {
        if (!lock) return resolve(null)
        const { promise, resolve: release } = Promise.withResolvers<void>()
        resolve(release)
        return promise
      })
      .catch(() => resolve(null))
  })
}
