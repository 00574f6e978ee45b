import { z } from 'zod'

/**
 * What browsers and the tracker say to each other over a WebSocket: JSON text in the form bittorrent-tracker made common.
 * Info hashes, peer ids and offer ids are strings of exactly 20 UTF-16 units, one a byte (latin1), as the wire has them.
 */

/** Largest message either side may send, in bytes of UTF-8. */
export const MESSAGE_MAX_BYTES = 64 * 1024

/** Offers of one announce that are read; stock clients send at most 5, older ones 10. */
export const OFFERS_MAX = 10

/** Info hashes one scrape may ask for. There is no scrape of everything. */
export const SCRAPE_MAX = 50

/** Longest session description, in UTF-16 units; real ones have 0.7 to 4 thousand. */
export const SDP_MAX = 16 * 1024

/** `failure reason` for an info hash that is no published share, or no longer one. */
export const NOT_TRACKED = 'not a share of this server'

const id = z.string().regex(/^[^\u0100-\uffff]{20}$/, 'must be 20 characters up to U+00FF')
const sdp = z.string().max(SDP_MAX)

const offer = z.object({ offer: z.object({ type: z.literal('offer'), sdp }), offer_id: id })

/** "I am here": enter, refresh or leave a swarm, with WebRTC offers for peers the tracker chooses. */
const announceSchema = z.object({
  action: z.literal('announce'),
  info_hash: id,
  peer_id: id,
  /** Bytes still to fetch; null or -1 when unknown, as before the metainfo of a magnet is here. */
  left: z.number().nonnegative().or(z.literal(-1)).nullish(),
  /** Bytes since it started. */
  uploaded: z.number().nonnegative().nullish(),
  downloaded: z.number().nonnegative().nullish(),
  event: z.enum(['started', 'stopped', 'completed', 'update', 'paused']).optional(),
  numwant: z.int().nonnegative().optional(),
  // What is beyond the limit is not looked at, as other trackers do; the sender loses nothing by it.
  offers: z.preprocess(
    value => (Array.isArray(value) ? value.slice(0, OFFERS_MAX) : value),
    z.array(offer).optional(),
  ),
})

/** A reply to an offer that the tracker relayed; the tracker passes it on and does not answer. */
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

/** A checked message, made of known keys only; or why it is none, and what of it an error reply can name. */
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

/** What a client's WebSocket `text` asks of the tracker. Never throws. */
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

/** Seconds between announces; a timer of more than 24 days would fire at once. */
const interval = z.number().min(10).max(2_000_000)

/** What a tracker says to a client: counts, or a peer's offer or answer. Unknown keys are passed over. */
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

/** True for a tracker's WebSocket message (UTF-8 JSON) that a client may act on. Never throws. */
export function isTrackerReply(bytes: Uint8Array): boolean {
  if (bytes.length > MESSAGE_MAX_BYTES) return false
  try {
    return replySchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).success
  } catch {
    return false
  }
}

/** The little that decides how the rest is read; anything of another form counts as absent. */
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
