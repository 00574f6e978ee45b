const SEQUENCE_BYTES = 4
const DIGEST_BYTES = 20

/**
 * A checkpoint says which pieces are certainly on disk. It is written to one of two slots in turn, with a sequence number
 * and a digest, so that a crash during a write leaves the other slot intact. A slot is
 * sequence (4 bytes, big-endian) · bitfield · SHA-1 of both.
 */
export interface Checkpoint {
  readonly sequence: number
  readonly have: Uint8Array<ArrayBuffer>
}

/** Bytes of one slot. */
const slotBytes = (pieceCount: number): number => SEQUENCE_BYTES + Math.ceil(pieceCount / 8) + DIGEST_BYTES

/** Offset of the slot for this sequence number in the file. */
export const slotOffset = (sequence: number, pieceCount: number): number =>
  (sequence % 2) * slotBytes(pieceCount)

export async function encodeSlot({ sequence, have }: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const slot = new Uint8Array(SEQUENCE_BYTES + have.length + DIGEST_BYTES)
  new DataView(slot.buffer).setUint32(0, sequence)
  slot.set(have, SEQUENCE_BYTES)
  const end = slot.length - DIGEST_BYTES
  slot.set(new Uint8Array(await crypto.subtle.digest('SHA-1', slot.subarray(0, end))), end)
  return slot
}

/** The newest intact slot, or null. `file` is the content of the checkpoint file, untrusted. */
export async function decodeNewest(
  file: Uint8Array<ArrayBuffer>,
  pieceCount: number,
): Promise<Checkpoint | null> {
  const size = slotBytes(pieceCount)
  let newest: Checkpoint | null = null
  for (const start of [0, size]) {
    const slot = file.slice(start, start + size)
    if (slot.length < size) continue
    const end = size - DIGEST_BYTES
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', slot.subarray(0, end)))
    if (!digest.every((byte, at) => byte === slot[end + at])) continue
    const sequence = new DataView(slot.buffer).getUint32(0)
    if (newest && newest.sequence > sequence) continue
    newest = { sequence, have: slot.slice(SEQUENCE_BYTES, end) }
  }
  return newest
}

const ENTRY_BYTES = 4

/** A journal entry for a piece written since the checkpoint: four bytes, big-endian. */
export function encodeEntry(piece: number): Uint8Array<ArrayBuffer> {
  const entry = new Uint8Array(ENTRY_BYTES)
  new DataView(entry.buffer).setUint32(0, piece)
  return entry
}

/** The existing pieces that a journal names, without an incomplete last entry. */
export function decodeJournal(file: Uint8Array<ArrayBuffer>, pieceCount: number): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const pieces = new Set<number>()
  for (let at = 0; at + ENTRY_BYTES <= file.length; at += ENTRY_BYTES) {
    const piece = view.getUint32(at)
    if (piece < pieceCount) pieces.add(piece)
  }
  return [...pieces]
}
