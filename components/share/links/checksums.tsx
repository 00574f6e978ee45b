'use client'

import { FileDown, Hash } from 'lucide-react'
import { useLocale, useTranslations } from 'next-intl'
import { useMemo } from 'react'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useOwnedShare } from '../../../lib/react/publisher/use-owned-share.ts'
import { useChecksums } from '../../../lib/react/share/use-checksums.ts'
import { useSwarm } from '../../../lib/react/share/use-swarm.ts'
import { saveBlob } from '../../../lib/save/save.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Name } from '../../common/name.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'

/** Most files in the list; the saved one has all. */
const SHOWN_MAX = 50

interface ChecksumsPanelProps {
  readonly share: Share
  readonly infoHash: InfoHash
}

interface Row {
  readonly index: number
  readonly path: string
  readonly length: number
}

/** SHA-256 of each file: who says so, and what this tab finds itself. Loaded when it is opened. */
export function ChecksumsPanel({ share, infoHash }: ChecksumsPanelProps) {
  const t = useTranslations('checksums')
  const format = useFormat()
  const locale = useLocale()
  const swarm = useSwarm(infoHash)
  const owned = useOwnedShare(infoHash)
  const { stated, computed, done, error, compute } = useChecksums(infoHash)
  const rows = useMemo(
    () => share.files.flatMap(({ path, length, padding }, index) => (padding ? [] : { index, path, length })),
    [share],
  )
  const here = rows.filter(row => isHere(swarm, row))
  const total = here.reduce((sum, { length }) => sum + length, 0)
  const sumOf = ({ index }: Row) => computed?.get(index) ?? stated?.sha256[index] ?? null
  const known = rows.filter(row => sumOf(row) !== null)
  const differing = rows.filter(({ index }) => {
    const own = computed?.get(index)
    const theirs = stated?.sha256[index]
    return own && theirs && own !== theirs
  })
  const source = computed ? 'computed' : stated?.by ? 'stated' : stated ? 'unknown' : 'reading'
  const statedOn = stated?.statedAt
    ? new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(
        new Date(stated.statedAt),
      )
    : ''
  const save = () => {
    const lines = known.map(row => `${sumOf(row)}  ${share.singleFile ? '' : `${share.name}/`}${row.path}\n`)
    saveBlob(new Blob(lines), 'SHA256SUMS')
  }
  return (
    <div data-checksums={source} data-differing={differing.length} className="space-y-3">
      <p role="status" className="text-muted">
        {t(source, { date: statedOn })}
      </p>
      {differing.length > 0 && (
        <Notice tone="red" role="alert">
          <p>{t('differs', { count: differing.length })}</p>
        </Notice>
      )}
      {known.length > 0 && (
        <ul className="divide-y divide-line">
          {known.slice(0, SHOWN_MAX).map(row => (
            <li key={row.index} className="py-2">
              <Name text={row.path} className="block break-words [overflow-wrap:anywhere]" />
              <code className="block break-all text-muted text-sm">{sumOf(row)}</code>
            </li>
          ))}
        </ul>
      )}
      {known.length > SHOWN_MAX && (
        <p className="text-muted">{t('more', { count: known.length - SHOWN_MAX })}</p>
      )}
      {done !== null && (
        <Progress
          value={total === 0 ? 1 : done / total}
          label={t('computing')}
          valueText={t('progress', { done: format.bytes(done), total: format.bytes(total) })}
        />
      )}
      {error && <ErrorNotice audience="reader" code={error.code} detail={error.detail} />}
      <div className="flex flex-wrap gap-2">
        {known.length > 0 && (
          <Button onClick={save}>
            <FileDown aria-hidden="true" />
            {t('save')}
          </Button>
        )}
        {here.length > 0 && !computed && (
          <Button
            disabled={done !== null}
            onClick={() =>
              compute(
                here.map(({ index }) => index),
                owned ? { key: owned.ownerKey, fileCount: share.files.length } : null,
              )
            }
          >
            <Hash aria-hidden="true" />
            {t(owned ? 'computeAndState' : 'compute')}
          </Button>
        )}
      </div>
      {here.length === 0 && <p className="text-muted text-sm">{t('notHere')}</p>}
    </div>
  )
}

/** Whether this tab has all of a file, verified, or it is the person's own. */
function isHere(swarm: SwarmSnapshot | undefined, { index, length }: Row): boolean {
  if (!swarm || swarm.error) return false
  if (swarm.role === 'publisher') return true
  return swarm.files.some(file => file.index === index && file.downloaded >= length)
}
