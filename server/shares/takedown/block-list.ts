import { z } from 'zod'
import { AppError } from '../../../lib/base/errors.ts'
import { BLOCK_REASON_MAX } from '../../../lib/protocol/share-values.ts'
import { type InfoHash, parseInfoHash } from '../../../lib/torrent/ids.ts'
import type { Block } from './takedown-store.ts'

/** An entry of a block list. */
export type BlockEntry = Pick<Block, 'infoHash' | 'content' | 'reason'>

/** Most entries of one list. */
const ENTRIES_MAX = 100_000

const entry = z.object({
  infoHash: z.string().transform((text, context) => {
    const infoHash = parseInfoHash(text)
    if (infoHash !== null) return infoHash
    context.addIssue('must be 40 hex digits')
    return z.NEVER
  }),
  content: z
    .string()
    .regex(/^[0-9a-f]{64}$/i)
    .transform(text => text.toLowerCase())
    .nullable()
    .default(null),
  reason: z.string().trim().max(BLOCK_REASON_MAX).default(''),
})

/** As `GET /api/admin/blocks` writes it; what else is in it is passed over. */
export const blockListSchema = z.object({ blocks: z.array(entry).max(ENTRIES_MAX) })

/**
 * The entries of a block list as text: an info hash a line, then, if known, `content:` and its digest, then the reason. Empty lines
 * and lines that begin with `#` are passed over. Errors: `bad_request`, which names the line.
 */
export function parseBlockList(text: string): readonly BlockEntry[] {
  const entries: BlockEntry[] = []
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [, hash = '', content, reason = ''] = LINE.exec(line) ?? []
    const infoHash: InfoHash | null = parseInfoHash(hash)
    if (infoHash === null) {
      throw new AppError('bad_request', `line ${index + 1} of the list does not begin with an info hash`)
    }
    entries.push({
      infoHash,
      content: content?.toLowerCase() ?? null,
      reason: reason.slice(0, BLOCK_REASON_MAX),
    })
    if (entries.length > ENTRIES_MAX) {
      throw new AppError('bad_request', `the list has more than ${ENTRIES_MAX} entries: split it`)
    }
  }
  return entries
}

const LINE = /^([0-9a-f]{40})(?:\s+content:([0-9a-f]{64}))?(?:\s+(.*))?$/i

/** The text that `parseBlockList` reads. */
export function formatBlockList(blocks: readonly Block[]): string {
  const lines = blocks.map(({ content, infoHash, reason }) =>
    [infoHash, ...(content === null ? [] : [`content:${content}`]), reason.replace(/\s+/g, ' ')]
      .join(' ')
      .trim(),
  )
  return ['# Block list of a Tabseed server: info hash, digest of the content, reason.', ...lines, ''].join(
    '\n',
  )
}
