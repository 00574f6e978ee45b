import type { Presence } from '../protocol/presence.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { requestJson } from './client.ts'

/** `GET /api/shares/<infohash>/presence`. Errors: `share_not_found`, `share_expired`, `share_blocked`, `server_unreachable`. */
export const fetchPresence = (infoHash: InfoHash): Promise<Presence> =>
  requestJson(
    async () => (await import('../protocol/presence.ts')).presenceSchema,
    `/api/shares/${infoHash}/presence`,
  )
