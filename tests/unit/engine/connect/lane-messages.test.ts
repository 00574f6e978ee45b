import { expect, test } from 'vitest'
import {
  decodeLaneMessage,
  encodeLaneMessage,
  type LaneMessage,
  withoutCandidates,
} from '../../../../lib/engine/connect/lanes/lane-messages.ts'

const SDP =
  'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n'

test('messages are what they were', () => {
  const messages: LaneMessage[] = [
    { kind: 'offer', lane: 0, sdp: SDP },
    { kind: 'answer', lane: 255, sdp: SDP },
    { kind: 'candidate', lane: 3, candidate: 'candidate:1 1 UDP 1 10.0.0.1 5 typ host' },
    { kind: 'close', lane: 4, received: 2 ** 32 - 1 },
  ]
  for (const message of messages) expect(decodeLaneMessage(encodeLaneMessage(message))).toEqual(message)
  expect([...encodeLaneMessage({ kind: 'close', lane: 5, received: 258 })]).toEqual([4, 5, 0, 0, 1, 2])
})

test('anything else is none', () => {
  const text = (kind: number, content: string) =>
    new Uint8Array([kind, 1, ...new TextEncoder().encode(content)])
  const others = [
    new Uint8Array(),
    Uint8Array.of(1),
    Uint8Array.of(0, 1, 2),
    Uint8Array.of(5, 1, 2),
    Uint8Array.of(4, 1, 0, 0, 1),
    Uint8Array.of(4, 1, 0, 0, 0, 0, 1),
    text(1, ''),
    text(1, 'v=0\r\n'),
    text(1, `${SDP}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`),
    text(2, SDP.replace('application', 'video')),
    text(1, SDP + 'a=x\r\n'.repeat(2_000)),
    text(3, ''),
    text(3, 'candidate:1\r\na=setup:active'),
    text(3, `candidate:${'1'.repeat(1_000)}`),
  ]
  for (const bytes of others) expect(decodeLaneMessage(bytes)).toBeNull()
})

test('a description goes without candidates', () => {
  expect(
    withoutCandidates(`${SDP}a=candidate:1 1 UDP 1 10.0.0.1 5 typ host\r\na=end-of-candidates\r\n`),
  ).toBe(SDP)
})
