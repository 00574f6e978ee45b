import type { z } from 'zod'
import { AppError, toAppError } from '../base/errors.ts'
import {
  type CreatedShare,
  type CreateShare,
  createdShareSchema,
  errorBodySchema,
  type IceConfig,
  iceSchema,
  type Kept,
  keptSchema,
  type ServerView,
  type Share,
  serverViewSchema,
  shareSchema,
  type UpdateShare,
  type WebSeeds,
  webSeedsSchema,
} from '../protocol/share.ts'
import { type Status, statusSchema } from '../protocol/status.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import { serverUrl } from './server-url.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** The answer if it is a success; else the `AppError` the server named, or `server_unreachable`. */
async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(serverUrl(path), init)
  } catch (reason) {
    throw new AppError('server_unreachable', '', { cause: reason })
  }
  if (response.ok) return response
  const body = errorBodySchema.safeParse(await response.json().catch(() => null))
  if (body.success) throw new AppError(body.data.error.code, body.data.error.detail)
  throw new AppError('server_unreachable', `HTTP ${response.status}`)
}

async function requestJson<T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<T> {
  const response = await request(path, init)
  const parsed = schema.safeParse(await response.json().catch(() => null))
  if (!parsed.success) throw new AppError('server_unreachable', 'the answer was not what this page expects')
  return parsed.data
}

const bearer = (ownerKey: string) => ({ authorization: `Bearer ${ownerKey}` })

/** `POST /api/shares`. Errors: those of the API, `server_unreachable`. */
export const createShare = (body: CreateShare): Promise<CreatedShare> =>
  requestJson(createdShareSchema, '/api/shares', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  })

/** `PATCH /api/shares/<infohash>`: change the words of a share. */
export const updateShare = (infoHash: InfoHash, ownerKey: string, body: UpdateShare): Promise<Share> =>
  requestJson(shareSchema, `/api/shares/${infoHash}`, {
    method: 'PATCH',
    headers: { ...JSON_TYPE, ...bearer(ownerKey) },
    body: JSON.stringify(body),
  })

/** `DELETE /api/shares/<infohash>`: the link stops working and the tracker forgets the swarm. */
export async function deleteShare(infoHash: InfoHash, ownerKey: string): Promise<void> {
  await request(`/api/shares/${infoHash}`, { method: 'DELETE', headers: bearer(ownerKey) })
}

/** `GET /status.json`. Errors: `status_off`, `server_unreachable`. */
export const fetchStatus = (): Promise<Status> => requestJson(statusSchema, '/status.json')

/** `GET /api/shares/<infohash>`. Errors: `share_not_found`, `server_unreachable`. */
export const fetchShare = (infoHash: InfoHash): Promise<Share> =>
  requestJson(shareSchema, `/api/shares/${infoHash}`)

/** Where a share can be had over HTTP (BEP 19 URLs); nowhere when the server does not know it any more. */
export async function fetchWebSeeds(infoHash: InfoHash): Promise<readonly string[]> {
  try {
    return (await fetchShare(infoHash)).webSeeds
  } catch (reason) {
    if (toAppError(reason).code === 'share_not_found') return []
    throw reason
  }
}

/** `GET /api/shares/<infohash>/web-seeds`: those the owner added, and how they are. */
export const fetchOwnWebSeeds = async (infoHash: InfoHash, ownerKey: string): Promise<WebSeeds['webSeeds']> =>
  (await requestJson(webSeedsSchema, `/api/shares/${infoHash}/web-seeds`, { headers: bearer(ownerKey) }))
    .webSeeds

/** `PUT /api/shares/<infohash>/web-seeds`: have these besides the server's own. Each is tried first. */
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
  return (await requestJson(webSeedsSchema, `/api/shares/${infoHash}/web-seeds`, init)).webSeeds
}

/** `GET /api/shares/<infohash>/kept`: whether the server keeps the share alive. */
export const fetchKept = (infoHash: InfoHash): Promise<Kept> =>
  requestJson(keptSchema, `/api/shares/${infoHash}/kept`)

/** `PUT /api/shares/<infohash>/kept`: ask the server to keep the share alive. */
export const keepAlive = (infoHash: InfoHash, ownerKey: string): Promise<Kept> =>
  requestJson(keptSchema, `/api/shares/${infoHash}/kept`, { method: 'PUT', headers: bearer(ownerKey) })

/** `DELETE /api/shares/<infohash>/kept`: the server lets go of the share's bytes. */
export async function dropKept(infoHash: InfoHash, ownerKey: string): Promise<void> {
  await request(`/api/shares/${infoHash}/kept`, { method: 'DELETE', headers: bearer(ownerKey) })
}

/** The metainfo of a share; refused (`metainfo_invalid`) when it is not the one that was asked for. */
export async function fetchMetainfo(infoHash: InfoHash): Promise<Metainfo> {
  const response = await request(`/t/${infoHash}.torrent`)
  const metainfo = await parseMetainfo(new Uint8Array(await response.arrayBuffer()))
  if (metainfo.infoHash !== infoHash) throw new AppError('metainfo_invalid', 'it belongs to another share')
  return metainfo
}

/** ICE servers for this browser, with fresh TURN credentials where the operator has a TURN server. */
export const fetchIce = (): Promise<IceConfig> => requestJson(iceSchema, '/api/ice')

/** How a request of this browser looks from the server. */
export const fetchDoctor = (): Promise<ServerView> => requestJson(serverViewSchema, '/api/doctor')
