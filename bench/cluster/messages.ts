/** As long as those of browsers. */
const SDP = `v=0\\r\\n${'a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host\\r\\n'.repeat(20)}`

/** 20 characters. */
export const idOf = (kind: string, number: number): string => `${kind}${number}`.padEnd(20, '.')

/** An announce with five offers whose ids begin with `turn`. */
export const announceText = (infoHash: string, peerId: string, turn: number | string): string =>
  offerText(infoHash, peerId, `${turn}-`, 5)

/** An announce with so many offers, whose ids begin with `prefix`. */
export function offerText(infoHash: string, peerId: string, prefix: string, count: number): string {
  const offers = Array.from(
    { length: count },
    (_, at) => `{"offer":{"type":"offer","sdp":"${SDP}"},"offer_id":"${idOf(prefix, at)}"}`,
  )
  return `{"action":"announce","info_hash":"${infoHash}","peer_id":"${peerId}","numwant":5,"uploaded":0,"downloaded":0,"left":1,"offers":[${offers.join(',')}]}`
}
