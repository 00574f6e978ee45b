import { checkRoom } from '../storage/room.ts'

/** How often a download that found the disk full looks whether there is room again. */
const INTERVAL_MS = 5_000

/** Waits until a full disk has room again, by the person's doing or by itself. */
export class RoomWatch {
  #timer: ReturnType<typeof setTimeout> | null = null

  /** Call `onRoom` once there is room for `bytes` more, unless stopped before. */
  start(bytes: number, onRoom: () => void): void {
    this.stop()
    const timer = setTimeout(async () => {
      const { enough } = await checkRoom(bytes)
      if (this.#timer !== timer) return
      if (enough) onRoom()
      else this.start(bytes, onRoom)
    }, INTERVAL_MS)
    this.#timer = timer
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
