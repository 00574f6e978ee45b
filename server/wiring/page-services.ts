import type { Config } from '../config/config.ts'
import type { Monitor } from '../monitor/monitor.ts'
import type { Services } from '../pages/services.ts'
import type { Shares } from '../shares/shares.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'

/** A longer list of files is not rendered into the page, which asks for it: rendering holds up everybody, the tracker too. */
const PAGE_FILES_MAX = 1_000

/** What pages may use, with links under `origin`. */
export const pageServices =
  (
    { contact, publish, status }: Config,
    {
      blocks,
      monitor,
      shares,
    }: { readonly blocks: Blocks; readonly monitor: Monitor; readonly shares: Shares },
  ) =>
  (origin: string): Services => ({
    shares: {
      find: infoHash => shares.brief(infoHash, origin, PAGE_FILES_MAX),
      block: infoHash => blocks.of(infoHash),
    },
    operator: { contact },
    monitor: {
      shows: status,
      status: () => monitor.status(origin),
      history: infoHash => monitor.history(infoHash, origin),
    },
    publishing: { publish },
    publicUrl: () => origin,
  })
