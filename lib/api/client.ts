import type { z } from 'zod'
import { AppError, toAppError } from '../base/errors.ts'
import type { Checksums } from '../protocol/checksums.ts'
import type { Publishing } from '../protocol/publishing.ts'
import type {
  CachedShareStatus,
  CreatedShare,
  CreateShare,
  IceConfig,
  ServerView,
  Share,
  UpdateShare,
  WebSeeds,
} from '../protocol/share.ts'
import type { Status } from '../protocol/status.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { serverUrl } from './server-url.ts'
import { type PostOptions, postJson } from './upload.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** A schema of `lib/protocol/`: loaded with the first request, because no page needs one to be drawn. */
type Schema<T> = () => Promise<z.ZodType<T>>

const shareSchemas = () => import('../protocol/share.ts')
const share: Schema<Share> = async () => (await shareSchemas()).shareSchema
const webSeeds: Schema<WebSeeds> = async () => (await shareSchemas()).webSeedsSchema
const checksums: Schema<Checksums> = async () => (await import('../protocol/checksums.ts')).checksumsSchema
const cachedShare: Schema<CachedShareStatus> = async () => (await shareSchemas()).cachedShareStatusSchema

/** Load what the first request needs before it is made. Never fails: the request loads it again. */
export function preloadApi(): void {
  shareSchemas().catch(() => undefined)
}

/** A successful answer. Errors: those that the server names, `server_unreachable`. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(serverUrl(path), init)
  } catch (reason) {
    throw new AppError('server_unreachable', '', { cause: reason })
  }
  return succeeded(response)
}

/** `response` if it is a success. Errors: the one that the server names, `server_unreachable`. */
async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response
  const body = await parse(async () => (await shareSchemas()).errorBodySchema, response)
  if (body.success) throw new AppError(body.data.error.code, body.data.error.detail)
  throw new AppError('server_unreachable', `HTTP ${response.status}`)
}

export async function requestJson<T>(schema: Schema<T>, path: string, init?: RequestInit): Promise<T> {
  return parsedJson(schema, await request(path, init))
}

async function parsedJson<T>(schema: Schema<T>, response: Response): Promise<T> {
  const parsed = await parse(schema, response)
  if (!parsed.success) throw new AppError('server_unreachable', 'the answer has an unexpected form')
  return parsed.data
}

async function parse<T>(schema: Schema<T>, response: Response): Promise<z.ZodSafeParseResult<T>> {
  const [loaded, body] = await Promise.all([
    schema().catch(reason => {
      throw new AppError('server_unreachable', '', { cause: reason })
    }),
    response.json().catch(() => null),
  ])
  return loaded.safeParse(body)
}

export const bearer = (ownerKey: string) => ({ authorization: `Bearer ${ownerKey}` })

/** `POST /api/shares`, in browsers, as the holder of `token` if there is one. Errors: those of the API and of `postJson`. */
export const createShare = async (
  body: CreateShare,
  { token, ...options }: Omit<PostOptions, 'headers'> & { readonly token: string | undefined },
): Promise<CreatedShare> => {
  const response = await postJson(serverUrl('/api/shares'), JSON.stringify(body), {
    ...options,
    headers: token === undefined ? {} : bearer(token),
  })
  return parsedJson(async () => (await shareSchemas()).createdShareSchema, await succeeded(response))
}

/** `GET /api/publishing`: who may publish, and what is left for `token`. Errors: those of the token, `server_unreachable`. */
export const fetchPublishing = (token: string | undefined): Promise<Publishing> =>
  requestJson(
    async () => (await import('../protocol/publishing.ts')).publishingSchema,
    '/api/publishing',
    token === undefined ? {} : { headers: bearer(token) },
  )

/** `POST /api/invitations`: the invitation becomes `token`. Errors: those of the API. */
export const redeemInvitation = async (
  invitation: string,
  token: string,
): Promise<Publishing['publisher']> => {
  const schema = async () => (await import('../protocol/publishing.ts')).redeemedSchema
  const init = {
    method: 'POST',
    headers: { ...JSON_TYPE, ...bearer(invitation) },
    body: JSON.stringify({ token }),
  }
  return (await requestJson(schema, '/api/invitations', init)).publisher
}

/** `PATCH /api/shares/<infohash>`: changes title, description or listing of a share. Errors: those of the API. */
export const updateShare = (infoHash: InfoHash, ownerKey: string, body: UpdateShare): Promise<Share> =>
  requestJson(share, `/api/shares/${infoHash}`, {
    method: 'PATCH',
    headers: { ...JSON_TYPE, ...bearer(ownerKey) },
    body: JSON.stringify(body),
  })

/** `DELETE /api/shares/<infohash>`: the link stops working and the tracker drops the swarm. Errors: those of the API. */
export async function deleteShare(infoHash: InfoHash, ownerKey: string): Promise<void> {
  await request(`/api/shares/${infoHash}`, { method: 'DELETE', headers: bearer(ownerKey) })
}

/** `GET /status.json`. Errors: `status_off`, `server_unreachable`. */
export const fetchStatus = (): Promise<Status> =>
  requestJson(async () => (await import('../protocol/status.ts')).statusSchema, '/status.json')

/** `GET /api/shares/<infohash>`. Errors: `share_not_found`, `server_unreachable`. */
export const fetchShare = (infoHash: InfoHash): Promise<Share> =>
  requestJson(share, `/api/shares/${infoHash}`)

/** Web seeds of a share (BEP 19 base URLs); none when the server does not have it any more. Errors: `server_unreachable`. */
export async function fetchWebSeeds(infoHash: InfoHash): Promise<readonly string[]> {
  try {
    return (await fetchShare(infoHash)).webSeeds
  } catch (reason) {
    if (toAppError(reason).code === 'share_not_found') return []
    throw reason
  }
}

/** `GET /api/shares/<infohash>/web-seeds`: web seeds that the owner added, with their state. */
export const fetchOwnWebSeeds = async (infoHash: InfoHash, ownerKey: string): Promise<WebSeeds['webSeeds']> =>
  (await requestJson(webSeeds, `/api/shares/${infoHash}/web-seeds`, { headers: bearer(ownerKey) })).webSeeds

/** `PUT /api/shares/<infohash>/web-seeds`: replaces the web seeds that the owner added; the server probes each first. */
export const putWebSeeds = async (
  infoHash: InfoHash,
  ownerKey: string,
  urls: readonly string[],
): Promise<WebSeeds['webSeeds']> => {
  const init = {
    method: 'PUT',
    headers: { ...JSON_TYPE, ...bearer(ownerKey) },
    body: JSON.stringify({ urls }),
  }
  return (await requestJson(webSeeds, `/api/shares/${infoHash}/web-seeds`, init)).webSeeds
}

/** `GET /api/shares/<infohash>/checksums`: SHA-256 of each file, as the publisher states it. */
export const fetchChecksums = (infoHash: InfoHash): Promise<Checksums> =>
  requestJson(checksums, `/api/shares/${infoHash}/checksums`)

/** `PUT /api/shares/<infohash>/checksums`: one for each file, in metainfo order; null where it is not known. */
export const putChecksums = (
  infoHash: InfoHash,
  ownerKey: string,
  sha256: Checksums['sha256'],
): Promise<Checksums> =>
  requestJson(checksums, `/api/shares/${infoHash}/checksums`, {
    method: 'PUT',
    headers: { ...JSON_TYPE, ...bearer(ownerKey) },
    body: JSON.stringify({ sha256 }),
  })

/** `GET /api/shares/<infohash>/kept`: whether the server's seeder holds a copy of the share. */
export const fetchCachedShare = (infoHash: InfoHash): Promise<CachedShareStatus> =>
  requestJson(cachedShare, `/api/shares/${infoHash}/kept`)

/** `PUT /api/shares/<infohash>/kept`: asks the server's seeder to hold a copy of the share. */
export const cacheShare = (infoHash: InfoHash, ownerKey: string): Promise<CachedShareStatus> =>
  requestJson(cachedShare, `/api/shares/${infoHash}/kept`, {
    method: 'PUT',
    headers: bearer(ownerKey),
  })

/** `DELETE /api/shares/<infohash>/kept`: the server's seeder deletes its copy of the share. */
export async function dropCachedShare(infoHash: InfoHash, ownerKey: string): Promise<void> {
  await request(`/api/shares/${infoHash}/kept`, { method: 'DELETE', headers: bearer(ownerKey) })
}

/**
 * `GET /t/<infohash>.torrent`: the metainfo of a share. Errors: those of `parseMetainfo`, `metainfo_invalid` when it is of
 * another share, `share_not_found`, `server_unreachable`.
 */
export async function fetchMetainfo(infoHash: InfoHash): Promise<Metainfo> {
  const response = await request(`/t/${infoHash}.torrent`)
  const { parseMetainfo } = await import('../torrent/metainfo.ts').catch(reason => {
    throw new AppError('server_unreachable', '', { cause: reason })
  })
  const metainfo = await parseMetainfo(new Uint8Array(await response.arrayBuffer()))
  if (metainfo.infoHash !== infoHash) throw new AppError('metainfo_invalid', 'it belongs to another share')
  return metainfo
}

/**
 * `GET /api/ice`: ICE servers, with fresh TURN credentials where the operator has a TURN server. A widget on a page of another
 * origin gets those only for a share.
 */
export const fetchIce = (infoHash?: InfoHash): Promise<IceConfig> =>
  requestJson(
    async () => (await shareSchemas()).iceSchema,
    infoHash === undefined ? '/api/ice' : `/api/ice?share=${infoHash}`,
  )

/** `GET /api/doctor`: how a request of this browser looks from the server. */
export const fetchDoctor = (): Promise<ServerView> =>
  requestJson(async () => (await shareSchemas()).serverViewSchema, '/api/doctor')
