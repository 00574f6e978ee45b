import { canStore } from './opfs/folder.ts'

/** Browsers only estimate their room, and our other pages write too. */
const MARGIN = 1.1

/** Room for a download; bytes. `missing` is 0 when there is enough. */
export interface Room {
  readonly enough: boolean
  readonly missing: number
  readonly available: number
}

/** Steps of the binary search when the wanted size does not fit: finds the room to a thousandth of it. */
const SEARCH_STEPS = 10

/**
 * Whether this browser has room for `bytes` more, with a margin of 10 %. A browser that can't tell counts as having room:
 * the download pauses when that turns out to be wrong. Never rejects.
 */
export async function checkRoom(bytes: number): Promise<Room> {
  const wanted = Math.ceil(bytes * MARGIN)
  const available = (await triedBytes(wanted)) ?? (await estimatedBytes())
  const missing = Math.max(0, wanted - available)
  return { enough: missing === 0, missing, available }
}

/**
 * How much of `wanted` the browser allows for one file, in bytes. Chromium's estimate is 10 GiB for everybody, against
 * fingerprinting: the real limit, lower or far higher, is found by growing an empty file. Nothing is written, and the file
 * is deleted. Null where that cannot be tried.
 */
async function triedBytes(wanted: number): Promise<number | null> {
  if (!canStore() || !hasWritables()) return null
  const name = `room-${crypto.randomUUID()}`
  try {
    const root = await navigator.storage.getDirectory()
    const file = await root.getFileHandle(name, { create: true })
    try {
      if (await fits(file, wanted)) return wanted
      let low = 0
      let high = wanted
      for (let step = 0; step < SEARCH_STEPS; step++) {
        const middle = Math.floor((low + high) / 2)
        if (await fits(file, middle)) low = middle
        else high = middle
      }
      return low
    } finally {
      await root.removeEntry(name)
    }
  } catch (reason) {
    // When not even an empty file fits, the limit is already exceeded; other failures say nothing about room.
    return isFull(reason) ? 0 : null
  }
}

/**
 * Where the browser has none (Safari before 26), webtorrent puts its own there: it writes into the file itself, and never answers
 * when that is full.
 */
const hasWritables = (): boolean =>
  'createWritable' in FileSystemFileHandle.prototype &&
  /\[native code\]/.test(String(FileSystemFileHandle.prototype.createWritable))

const isFull = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === 'QuotaExceededError'

async function fits(file: FileSystemFileHandle, length: number): Promise<boolean> {
  const writable = await file.createWritable()
  try {
    await writable.truncate(length)
    return true
  } catch (reason) {
    if (isFull(reason)) return false
    throw reason
  } finally {
    await writable.abort().catch(() => undefined)
  }
}

/** Ask the browser not to evict our data when its disk gets full. True when it agrees; never rejects. */
export async function askPersistence(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false
}

async function estimatedBytes(): Promise<number> {
  try {
    const { quota, usage = 0 } = await navigator.storage.estimate()
    return quota === undefined ? Number.POSITIVE_INFINITY : Math.max(0, quota - usage)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
