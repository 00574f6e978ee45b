import { afterEach, expect, it, vi } from 'vitest'
import { opensStorage } from '../../../lib/storage/opfs/folder.ts'
import { checkRoom } from '../../../lib/storage/room.ts'

afterEach(() => vi.unstubAllGlobals())

/** A browser with a private file system that opens, or does not. */
function stubBrowser(getDirectory: () => Promise<unknown>, quota: number) {
  class Handle {}
  Object.assign(Handle.prototype, { createWritable: () => new Promise(() => {}) })
  vi.stubGlobal('FileSystemFileHandle', Handle)
  vi.stubGlobal('navigator', { storage: { getDirectory, estimate: async () => ({ quota, usage: 0 }) } })
}

it('a stand-in for writable files, which hangs on a full disk, is not asked for room', async () => {
  const file = { createWritable: () => new Promise(() => {}) }
  stubBrowser(async () => ({ getFileHandle: async () => file, removeEntry: async () => {} }), 1_000)
  expect(await checkRoom(100)).toMatchObject({ enough: true })
  expect(await checkRoom(2_000)).toEqual({ enough: false, missing: 1_200, available: 1_000 })
})

it('a private file system that is refused, as in private windows, is no disk', async () => {
  stubBrowser(() => Promise.reject(new DOMException('', 'UnknownError')), 1_000)
  expect(await opensStorage()).toBe(false)
  stubBrowser(async () => ({}), 1_000)
  expect(await opensStorage()).toBe(true)
  vi.stubGlobal('navigator', {})
  expect(await opensStorage()).toBe(false)
})
