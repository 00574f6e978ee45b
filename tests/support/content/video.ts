const WIDTH = 128
const HEIGHT = 96
const FRAMES_PER_SECOND = 40
const MACROBLOCKS = (WIDTH / 16) * (HEIGHT / 16)
/** Luma and both chroma planes of a macroblock. */
const SAMPLES = 256 + 2 * 64
/** Frames of a second lie together. */
const FRAMES_PER_CHUNK = FRAMES_PER_SECOND

/** H.264 baseline, 128x96: sequence and picture parameter sets, and the start of a slice of uncompressed macroblocks. */
const SPS = Buffer.from('6742000af841a2', 'hex')
const PPS = Buffer.from('68ce3880', 'hex')
const SLICE_START = Buffer.from('05888421a0', 'hex')
const MACROBLOCK_START = Buffer.from('0d00', 'hex')
const SLICE_END = Buffer.from('80', 'hex')

/**
 * A real MP4 (H.264) of `seconds` seconds, 0.74 MB each: every frame a key frame of raw samples, so that no encoder
 * is needed and any second can be sought. `mark` makes videos differ.
 */
export function makeVideo(seconds: number, mark = 0): Buffer {
  const frames = Array.from({ length: seconds * FRAMES_PER_SECOND }, (_, index) => frame(index, mark))
  const sizes = frames.map(({ length }) => length)
  const type = box('ftyp', ascii('isom'), u32(512), ascii('isomavc1mp41'))
  const headLength = type.length + movie(seconds, sizes, 0).length + 8
  return Buffer.concat([type, movie(seconds, sizes, headLength), box('mdat', ...frames)])
}

/** One access unit: a colour that changes with time, and noise that makes the pieces differ. */
function frame(index: number, mark: number): Buffer {
  const parts = [SLICE_START]
  let state = (index + 1) * 2_654_435_761 + mark
  for (let block = 0; block < MACROBLOCKS; block++) {
    // The first one's start is part of the slice header.
    if (block > 0) parts.push(MACROBLOCK_START)
    const samples = Buffer.alloc(SAMPLES)
    for (let at = 0; at < SAMPLES; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      // Far from 0: three small bytes in a row would need escapes.
      samples[at] = 32 + ((index + (state >>> 28)) % 192)
    }
    parts.push(samples)
  }
  const unit = Buffer.concat([...parts, SLICE_END])
  return Buffer.concat([u32(unit.length), unit])
}

const u16 = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer).swap16()
const u32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer).swap32()
const ascii = (text: string) => Buffer.from(text, 'latin1')

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const length = 8 + content.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([u32(length), ascii(type), ...content])
}

/** ISO 14496-12 matrix of a picture that is shown as it is. */
const UPRIGHT = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

function movie(seconds: number, sizes: readonly number[], firstFrameAt: number): Buffer {
  const chunks: number[] = []
  let at = firstFrameAt
  for (const [index, size] of sizes.entries()) {
    if (index % FRAMES_PER_CHUNK === 0) chunks.push(at)
    at += size
  }
  const visual = Buffer.concat([
    u32(0),
    u16(0, 1, 0, 0),
    u32(0, 0, 0),
    u16(WIDTH, HEIGHT),
    u32(0x480000, 0x480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
  ])
  const parameters = Buffer.concat([
    Buffer.from([1, 0x42, 0, 0x0a, 0xff, 0xe1]),
    u16(SPS.length),
    SPS,
    Buffer.from([1]),
    u16(PPS.length),
    PPS,
  ])
  const table = box(
    'stbl',
    box('stsd', u32(0, 1), box('avc1', visual, box('avcC', parameters))),
    box('stts', u32(0, 1, sizes.length, 1)),
    box('stsc', u32(0, 1, 1, FRAMES_PER_CHUNK, 1)),
    box('stsz', u32(0, 0, sizes.length, ...sizes)),
    box('stco', u32(0, chunks.length, ...chunks)),
  )
  const information = box(
    'minf',
    box('vmhd', u32(1, 0, 0)),
    box('dinf', box('dref', u32(0, 1), box('url ', u32(1)))),
    table,
  )
  const media = box(
    'mdia',
    box('mdhd', u32(0, 0, 0, FRAMES_PER_SECOND, sizes.length), u16(0x55c4, 0)),
    box('hdlr', u32(0, 0), ascii('vide'), u32(0, 0, 0), ascii('video\0')),
    information,
  )
  const track = box(
    'trak',
    box(
      'tkhd',
      u32(7, 0, 0, 1, 0, seconds * 1000, 0, 0),
      u16(0, 0, 0, 0),
      UPRIGHT,
      u32(WIDTH << 16, HEIGHT << 16),
    ),
    media,
  )
  const head = box(
    'mvhd',
    u32(0, 0, 0, 1000, seconds * 1000, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    UPRIGHT,
    Buffer.alloc(24),
    u32(2),
  )
  return box('moov', head, track)
}
