import type { NewReport } from '../protocol/admin.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { request } from './client.ts'

/** `POST /api/shares/<infohash>/reports`: tells the operator of a share. Errors: those of the API. */
export async function reportShare(infoHash: InfoHash, report: NewReport): Promise<void> {
  await request(`/api/shares/${infoHash}/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(report),
  })
}
