import { createStore, type UseStore } from 'idb-keyval'

/**
 * A key-value store in IndexedDB, opened on first use: modules that have one are also evaluated where there is no IndexedDB
 * (server rendering).
 */
export function lazyStore(database: string, store: string): UseStore {
  let opened: UseStore | undefined
  return (mode, callback) => {
    opened ??= createStore(database, store)
    return opened(mode, callback)
  }
}
