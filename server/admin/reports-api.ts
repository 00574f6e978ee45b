import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { newReportSchema, type Reports as ReportsAnswer } from '../../lib/protocol/admin.ts'
import { REPORT_CONTACT_MAX, REPORT_DETAILS_MAX } from '../../lib/protocol/share-values.ts'
import { readJson } from '../http/body.ts'
import type { Operators } from '../http/operators.ts'
import { json, type Reply } from '../http/reply.ts'
import { requireInfoHash } from '../http/share-request.ts'
import { shownName } from '../shares/publishing/shown-name.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'
import type { ReportStore } from '../shares/takedown/report-store.ts'
import type { Reports } from '../shares/takedown/reports.ts'
import type { TakedownStore } from '../shares/takedown/takedown-store.ts'
import { readPage } from './paging.ts'

/** JSON writes a UTF-16 unit in at most 6 bytes; the rest is keys and punctuation. */
const REPORT_MAX_BYTES = (REPORT_DETAILS_MAX + REPORT_CONTACT_MAX) * 6 + 1024

export interface Reporting {
  readonly operators: Operators
  readonly blocks: Blocks
  readonly reports: Reports
  readonly stores: {
    readonly reports: ReportStore
    readonly shares: Pick<ShareStore, 'summaries'>
    readonly takedown: Pick<TakedownStore, 'note'>
  }
}

/** `POST /api/shares/<infohash>/reports`, by anybody. Errors: `share_not_found`, `too_many_requests`, those of `readJson`. */
export async function postReport(
  { reports, shares }: { readonly reports: Reports; readonly shares: Shares },
  name: string,
  request: IncomingMessage,
  network: string,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  const report = await readJson(request, newReportSchema, REPORT_MAX_BYTES)
  if (!(await shares.isLive(infoHash))) throw new AppError('share_not_found')
  await reports.add({ infoHash, ...report }, network)
  return json(202, { reported: true })
}

/** `GET /api/admin/reports?state=open|closed&before=<id>` */
export async function listReports(
  { blocks, operators, stores }: Reporting,
  request: IncomingMessage,
  query: string,
): Promise<Reply> {
  operators.require(request)
  const { before, limit, parameters } = readPage(query)
  const state = parameters.get('state') === 'closed' ? 'closed' : 'open'
  const found = await stores.reports.list({ state, before, limit })
  const infoHashes = [...new Set(found.map(({ infoHash }) => infoHash))]
  const summaries = infoHashes.length === 0 ? [] : await stores.shares.summaries(infoHashes)
  const names = new Map(summaries.map(share => [share.infoHash, shownName(share)]))
  const answer: ReportsAnswer = {
    reports: found.map(({ at, closedAt, ...report }) => ({
      ...report,
      at: at.toISOString(),
      closedAt: closedAt?.toISOString() ?? null,
      name: names.get(report.infoHash) ?? blocks.of(report.infoHash)?.name ?? null,
      blocked: blocks.of(report.infoHash) !== undefined,
    })),
    next: found.length < limit ? null : (found.at(-1)?.id ?? null),
  }
  return json(200, answer)
}

/** `DELETE /api/admin/reports/<id>`: it is dealt with. Errors: `report_not_found`. */
export async function closeReport(
  { operators, reports, stores }: Reporting,
  id: string,
  request: IncomingMessage,
): Promise<Reply> {
  const by = operators.require(request)
  if (!/^\d{1,15}$/.test(id) || !(await reports.close(Number(id), by))) throw new AppError('report_not_found')
  await stores.takedown.note({ by, act: 'close-report', infoHash: null, why: id }, new Date())
  return { status: 204 }
}
