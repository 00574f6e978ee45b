import { z } from 'zod'

/**
 * Messages between browsers and the tracker over a WebSocket: JSON in the form of bittorrent-tracker, which no BEP
 * specifies. Info hashes, peer ids and offer ids are strings of 20 UTF-16 units of one byte each (latin1).
 */

/** Largest message either side may send, in bytes of UTF-8. */
export const MESSAGE_MAX_BYTES = 64 * 1024

/** Most offers of one announce that are read; stock clients send at most 5, older ones 10. */
export const OFFERS_MAX = 10

/** Most info hashes of one scrape over WebSocket or HTTP. */
export const SCRAPE_MAX = 50

/** Longest session description (RFC 8866), in UTF-16 units; real ones have 700 to 4,000. */
export const SDP_MAX = 16 * 1024

/** `failure reason` for an info hash that is not, or no longer, a published share. */
export const NOT_TRACKED = 'not a share of this server'

/** `failure reason` for an info hash that the operator of the server does not allow there. */
export const BLOCKED = 'blocked by the operator of this server: its page says why and how to appeal'

/** `failure reason` for an info hash whose share ended, as its publisher chose. */
export const ENDED = 'this share has ended: its publisher chose until when'

const id = z.string().regex(/^[^\u0100-\uffff]{20}$/, 'must be 20 characters up to U+00FF')
const sdp = z.string().max(SDP_MAX)

const offer = z.object({ offer: z.object({ type: z.literal('offer'), sdp }), offer_id: id })

/** Anything but a number from 0 on counts as missing: clients send all sorts. */
const amount = z
  .unknown()
  .transform(value => (typeof value === 'number' && value >= 0 ? value : undefined))
  .optional()

/** Joins, refreshes or leaves a swarm, with WebRTC offers for peers that the tracker chooses. */
const announceSchema = z.object({
  action: z.literal('announce'),
  info_hash: id,
  peer_id: id,
  /** Bytes still to download; null or -1 when unknown, as of a magnet whose metainfo is not there yet. */
  left: amount,
  /** Bytes since the client started. */
  downloaded: amount,
  /** An unknown event counts as none. */
  event: z.enum(['started', 'stopped', 'completed', 'update', 'paused']).optional().catch(undefined),
  numwant: amount.transform(count => count && Math.floor(count)),
  // Further offers are ignored, as by other trackers: the tracker relays fewer anyway.
  offers: z.preprocess(
    value => (Array.isArray(value) ? value.slice(0, OFFERS_MAX) : value),
    z.array(offer).optional(),
  ),
})

/** A peer's answer to an offer that the tracker relayed; it is relayed back and gets no reply. */
const answerSchema = z.object({
  action: z.literal('announce'),
  info_hash: id,
  peer_id: id,
  to_peer_id: id,
  offer_id: id,
  answer: z.object({ type: z.literal('answer'), sdp }),
})

const scrapeSchema = z.object({
  action: z.literal('scrape'),
  info_hash: z.union([id.transform(one => [one]), z.array(id).min(1).max(SCRAPE_MAX)], {
    error: `must be one info hash, or 1 to ${SCRAPE_MAX} of them`,
  }),
})

type AnnounceMessage = z.infer<typeof announceSchema>
type AnswerMessage = z.infer<typeof answerSchema>
type ScrapeMessage = z.infer<typeof scrapeSchema>

/** A checked message with known keys only; or why it is invalid, and what an error reply can name of it. */
type TrackerRequest =
  | { readonly kind: 'announce'; readonly message: AnnounceMessage }
  | { readonly kind: 'answer'; readonly message: AnswerMessage }
  | { readonly kind: 'scrape'; readonly message: ScrapeMessage }
  | {
      readonly kind: 'invalid'
      readonly reason: string
      readonly action: 'announce' | 'scrape' | undefined
      readonly infoHash: string | undefined
    }

/** Parses a client's message to the tracker. Never throws. */
export function parseTrackerRequest(text: string): TrackerRequest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'invalid', reason: 'not JSON', action: undefined, infoHash: undefined }
  }
  const head = headSchema.parse(value)
  if (head.action === 'scrape') return checked('scrape', scrapeSchema.safeParse(value), head)
  if (head.answer != null) return checked('answer', answerSchema.safeParse(value), head)
  return checked('announce', announceSchema.safeParse(value), head)
}

/** Seconds between announces. Below 2^31 ms (24 days), because timers beyond that fire at once. */
const interval = z.number().min(10).max(2_000_000)

/** A tracker's message to a client: counts, or a peer's offer or answer. Unknown keys are ignored. */
const replySchema = z
  .object({
    action: z.literal('announce'),
    info_hash: id,
    peer_id: id.optional(),
    offer: z.object({ type: z.literal('offer'), sdp }).optional(),
    answer: z.object({ type: z.literal('answer'), sdp }).optional(),
    offer_id: id.optional(),
    interval: interval.optional(),
    'min interval': interval.optional(),
    complete: z.number().nullish(),
    incomplete: z.number().nullish(),
    'failure reason': z.string().optional(),
    'warning message': z.string().optional(),
    'tracker id': z.string().optional(),
  })
  .refine(({ answer, offer, offer_id, peer_id }) => (!offer && !answer) || (offer_id && peer_id))

/** A tracker's message that a client may act on. */
export type TrackerReply = z.infer<typeof replySchema>

/** Parses a tracker's message to a client; null for one that it may not act on. Never throws. */
export function parseTrackerReply(text: string): TrackerReply | null {
  if (text.length > MESSAGE_MAX_BYTES) return null
  try {
    return replySchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** The keys that decide how the rest is parsed; values of another form count as absent. */
const headSchema = z
  .object({
    action: z.enum(['announce', 'scrape']).optional().catch(undefined),
    info_hash: id.optional().catch(undefined),
    answer: z.unknown().optional(),
  })
  .catch({})

function checked<Kind extends string, Message>(
  kind: Kind,
  result: z.ZodSafeParseResult<Message>,
  head: z.infer<typeof headSchema>,
) {
  if (result.success) return { kind, message: result.data }
  const issue = result.error.issues[0]
  const reason = `invalid ${issue?.path.join('.') || 'message'}: ${issue?.message}`
  return { kind: 'invalid' as const, reason, action: head.action, infoHash: head.info_hash }
}
