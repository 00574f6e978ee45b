import type { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as ws from 'ws'
import { FrameReader } from '../../../server/tracker/websocket/frame-reader.ts'
import { closePayload, frame, Opcode } from '../../../server/tracker/websocket/frames.ts'

/** Exports of ws that its types lack. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: object) => Writable
  Sender: { frame(data: Buffer, options: object): Buffer[] }
}

const LIMITS = { messageMax: 4096, fragmentsMax: 4 }

/** A client's masked frame, written by ws. */
function clientFrame(payload: Buffer, opcode: number, { fin = true, rsv1 = false } = {}): Buffer {
  const mask = Buffer.from([1, 2, 3, 250])
  return Buffer.concat(
    Sender.frame(payload, {
      fin,
      rsv1,
      opcode,
      mask: true,
      readOnly: true,
      generateMask: (to: Buffer) => mask.copy(to),
      maskBuffer: Buffer.alloc(4),
    }),
  )
}

/** Events that our reader finds in `chunks`, up to the first close or failure. */
function readOurs(chunks: readonly Buffer[]): unknown[] {
  const events: unknown[] = []
  const reader = new FrameReader(
    {
      message: text => events.push(['message', text]),
      ping: payload => events.push(['ping', payload]),
      pong: () => events.push(['pong']),
      closing: code => events.push(['close', code]),
      failed: () => events.push(['failed']),
    },
    LIMITS,
  )
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  return events
}

/** The same by the reader of ws. */
async function readTheirs(bytes: Buffer): Promise<unknown[]> {
  const events: unknown[] = []
  const receiver = new Receiver({
    isServer: true,
    maxPayload: LIMITS.messageMax,
    maxFragments: LIMITS.fragmentsMax,
    allowSynchronousEvents: true,
  })
  receiver.on('message', (data: Buffer) => events.push(['message', data.toString('latin1')]))
  receiver.on('ping', (data: Buffer) => events.push(['ping', data.toString('latin1')]))
  receiver.on('pong', () => events.push(['pong']))
  receiver.on('conclude', (code: number) => events.push(['close', code]))
  // Its error is not compared: a frame with two faults may be reported for either.
  receiver.on('error', () => events.push(['failed']))
  receiver.write(Buffer.from(bytes))
  // Streams emit errors in a later turn.
  await new Promise(setImmediate)
  return events
}

/** `bytes` in pieces that end at `cuts`. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map(at => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

const text = fc.string({ unit: 'binary', maxLength: 300 }).map(value => Buffer.from(value))
const anyFrame = fc
  .record({
    payload: fc.oneof(
      text,
      fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
      fc.constant(Buffer.alloc(5000)),
    ),
    opcode: fc.oneof(
      { weight: 6, arbitrary: fc.constant(Opcode.text) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          Opcode.continuation,
          Opcode.binary,
          Opcode.ping,
          Opcode.pong,
          Opcode.close,
        ),
      },
      { weight: 1, arbitrary: fc.nat(15) },
    ),
    fin: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  })
  .map(({ fin, opcode, payload }) => {
    // Our reader takes binary frames as text, so they must be valid UTF-8 for both readers to agree.
    const isText = opcode === Opcode.binary || opcode === Opcode.continuation
    return clientFrame(isText ? Buffer.from(payload.toString()) : payload, opcode, { fin })
  })

describe('frames of clients', () => {
  test('are read as by ws, wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.nat(3000), { maxLength: 6 }),
        async (frames, cuts) => {
          const bytes = Buffer.concat(frames)
          const ours = readOurs(cut(bytes, cuts))
          expect(ours).toEqual(await readTheirs(bytes))
          expect(readOurs([...bytes].map(byte => Buffer.from([byte])))).toEqual(ours)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('of random bytes fail at most once, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const events = readOurs([Buffer.from(bytes)])
        expect(events.filter(event => (event as string[])[0] === 'failed').length).toBeLessThan(2)
      }),
    )
  })

  test.each<[string, Buffer]>([
    ['a frame that is not masked', Buffer.from([0x81, 0x00])],
    ['a reserved bit', clientFrame(Buffer.from('x'), Opcode.text, { rsv1: true })],
    ['a length beyond 2^53', Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a ping that is too long', Buffer.from([0x89, 0xfe, 0, 126])],
    ['a continuation of nothing', clientFrame(Buffer.from('x'), Opcode.continuation)],
    ['an invalid close code', clientFrame(Buffer.from([0x03, 0xed]), Opcode.close)],
  ])('%s is a failure', (_, bytes) => {
    expect(readOurs([bytes])).toEqual([['failed']])
  })
})

test.each([0, 1, 125, 126, 65_535, 65_536])('a frame of %i bytes is one that ws reads', length => {
  const payload = 'x'.repeat(length)
  const events: string[] = []
  const receiver = new Receiver({ isServer: false })
  receiver.on('message', (data: Buffer) => events.push(data.toString()))
  receiver.write(Buffer.from(frame(Opcode.text, payload), 'latin1'))
  expect(events).toEqual([payload])
})

test('a close reason is cut to what fits', () => {
  expect(closePayload(1008, 'x'.repeat(500))).toHaveLength(125)
})
