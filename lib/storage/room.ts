/** What a browser says of its room is a guess, and other pages of ours write too. */
const MARGIN = 1.1

/** Room for a download; bytes. `missing` is 0 when there is enough. */
interface Room {
  readonly enough: boolean
  readonly missing: number
  readonly available: number
}

/**
 * Whether `bytes` more fit into what this browser gives us, with a margin of 10 %. A browser that does not say is taken
 * to have room: the store pauses the download when it turns out otherwise. Never rejects.
 */
export async function checkRoom(bytes: number): Promise<Room> {
  const available = await availableBytes()
  const missing = Math.max(0, Math.ceil(bytes * MARGIN) - available)
  return { enough: missing === 0, missing, available }
}

async function availableBytes(): Promise<number> {
  try {
    const { quota, usage = 0 } = await navigator.storage.estimate()
    return quota === undefined ? Number.POSITIVE_INFINITY : Math.max(0, quota - usage)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
