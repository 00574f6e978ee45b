/** One pixel, as a key frame of VP8: all of a video that every browser has a decoder for, whatever the system lacks. */
const KEY_FRAME = Buffer.from('3001009d012a010001000ec0fe25a400037000000000', 'hex')
/** A decoder reads no further than the picture: what follows only makes the file large. */
const FRAME_BYTES = 25_000
const FRAMES_PER_SECOND = 10

/**
 * A real WebM (VP8) of `seconds` seconds, 0.25 MB each, a key frame every tenth of a second. Unlike H.264, its decoder is part of
 * Firefox itself.
 */
export function makeWebm(seconds: number): Buffer {
  const head = element(0x1a45dfa3, [
    unsigned(0x4286, 1),
    unsigned(0x42f7, 1),
    unsigned(0x42f2, 4),
    unsigned(0x42f3, 8),
    element(0x4282, [Buffer.from('webm')]),
    unsigned(0x4287, 2),
    unsigned(0x4285, 2),
  ])
  const info = element(0x1549a966, [
    // Times in milliseconds.
    unsigned(0x2ad7b1, 1_000_000),
    element(0x4489, [float(1000 * seconds)]),
    element(0x4d80, [Buffer.from('tabseed')]),
    element(0x5741, [Buffer.from('tabseed')]),
  ])
  const video = element(0xe0, [unsigned(0xb0, 1), unsigned(0xba, 1)])
  const track = element(0xae, [
    unsigned(0xd7, 1),
    unsigned(0x73c5, 1),
    unsigned(0x83, 1),
    element(0x86, [Buffer.from('V_VP8')]),
    video,
  ])
  const clusters = Array.from({ length: seconds }, (_, second) => cluster(second))
  return Buffer.concat([head, element(0x18538067, [info, element(0x1654ae6b, [track]), ...clusters])])
}

/** The frames of one second. */
function cluster(second: number): Buffer {
  const frames = Array.from({ length: FRAMES_PER_SECOND }, (_, index) => {
    const start = Buffer.alloc(4)
    start.writeUInt8(0x81, 0)
    start.writeInt16BE((1000 / FRAMES_PER_SECOND) * index, 1)
    // A key frame.
    start.writeUInt8(0x80, 3)
    const rest = Buffer.alloc(FRAME_BYTES, FRAMES_PER_SECOND * second + index)
    return element(0xa3, [start, KEY_FRAME, rest])
  })
  return element(0x1f43b675, [unsigned(0xe7, 1000 * second), ...frames])
}

/** An EBML element (RFC 8794): its id as it is written, its length in eight bytes, its content. */
function element(id: number, content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE((1n << 56n) | BigInt(body.length))
  const idHex = id.toString(16)
  return Buffer.concat([Buffer.from(idHex, 'hex'), length, body])
}

function unsigned(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return element(id, [bytes])
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}
