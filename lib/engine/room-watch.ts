import { checkRoom } from '../storage/room.ts'

/** How often a download that found the disk full checks for room. */
const INTERVAL_MS = 5_000

/** Waits until a full disk has room again. */
export class RoomWatch {
  #timer: ReturnType<typeof setTimeout> | null = null

  /** Calls `onRoom` once there is room for `bytes` more, unless stopped first. */
  start(bytes: number, onRoom: () => void): void {
    this.stop()
    const look = async () => {
      // A disk that does not say is tried.
      const { enough } = await checkRoom(bytes).catch(() => ({ enough: true }))
      if (this.#timer !== timer) return
      if (enough) onRoom()
      else this.start(bytes, onRoom)
    }
    const timer = setTimeout(look, INTERVAL_MS)
    this.#timer = timer
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
