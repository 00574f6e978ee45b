import { Check, Server } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { PeerSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useMoments } from '../../lib/react/page/use-moments.ts'
import { Name } from '../common/name.tsx'

/** Rows shown; nobody reads more. */
const ROWS_MAX = 50

/** On a phone these amounts are below the name. */
const WIDE_ONLY = 'hidden sm:table-cell'

const activity = (peer: PeerSnapshot) => peer.downloadRate + peer.uploadRate

/** A peer, and for publishers what became of them; times in milliseconds of Unix time. */
export type Row = PeerSnapshot & { readonly doneAt?: number | null; readonly leftAt?: number | null }

const isHere = ({ leftAt }: Row) => (leftAt ?? null) === null

interface PeersTableProps {
  readonly peers: readonly Row[]
  /** Peer id of this server's seeder, which is nobody. */
  readonly serverPeer: string | null
  readonly empty: string
}

/** The connected peers, busiest first, and behind them those who left with everything. */
export function PeersTable({ peers, serverPeer, empty }: PeersTableProps) {
  const t = useTranslations('peers')
  const format = useFormat()
  const { moment } = useMoments()
  if (peers.length === 0) return <p className="text-muted">{empty}</p>
  const shown = peers
    .toSorted((a, b) => Number(isHere(b)) - Number(isHere(a)) || activity(b) - activity(a))
    .slice(0, ROWS_MAX)
  const nameOf = (peer: Row) => {
    if (peer.id === serverPeer) return t('server')
    return peer.client || t(peer.via === 'tcp' ? 'program' : 'browser')
  }
  const fateOf = ({ doneAt, ...peer }: Row) => {
    if (!doneAt) return null
    return t(isHere(peer) ? 'doneAt' : 'doneLeft', { time: moment(doneAt) })
  }
  const number = 'py-2 ps-3 text-end tabular-nums whitespace-nowrap'
  return (
    // On a phone the table scrolls, so the keyboard must reach it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region needs the focus
    <section aria-label={t('title')} tabIndex={0} className="overflow-x-auto rounded-control">
      <table className="w-full text-sm">
        <thead className="text-muted">
          <tr>
            <th scope="col" className="py-2 text-start font-normal">
              {t('peer')}
            </th>
            <th scope="col" className="py-2 ps-3 text-start font-normal">
              {t('via')}
            </th>
            {(['progress', 'sent', 'received', 'rate'] as const).map(column => (
              <th
                key={column}
                scope="col"
                className={`py-2 ps-3 text-end font-normal ${column === 'sent' || column === 'received' ? WIDE_ONLY : ''}`}
              >
                {t(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {shown.map(peer => (
            <tr
              key={peer.id}
              data-peer-id={peer.id}
              data-downloaded={peer.downloaded}
              data-uploaded={peer.uploaded}
              data-progress={peer.progress}
              data-via={peer.via}
              data-done={fateOf(peer) !== null}
              data-left={!isHere(peer)}
              data-server={peer.id === serverPeer}
              className={isHere(peer) ? '' : 'text-muted'}
            >
              <th scope="row" className="max-w-36 py-2 text-start sm:max-w-48 font-normal">
                <span className="flex items-center gap-1.5">
                  {peer.id === serverPeer && <Server aria-hidden="true" className="size-4 shrink-0" />}
                  <Name text={nameOf(peer)} className="block truncate" />
                </span>
                {fateOf(peer) !== null && (
                  <span className="flex items-center gap-1 text-xs">
                    <Check aria-hidden="true" className="size-3.5 shrink-0 text-leaf" />
                    {fateOf(peer)}
                  </span>
                )}
                <span className="block text-muted text-xs sm:hidden">
                  {t('amounts', {
                    sent: format.bytes(peer.uploaded),
                    received: format.bytes(peer.downloaded),
                  })}
                </span>
              </th>
              <td className="py-2 ps-3">{t(peer.via)}</td>
              <td className={number}>{format.percent(peer.progress)}</td>
              <td className={`${number} ${WIDE_ONLY}`}>{format.bytes(peer.uploaded)}</td>
              <td className={`${number} ${WIDE_ONLY}`}>{format.bytes(peer.downloaded)}</td>
              <td className={number}>{isHere(peer) ? format.rate(activity(peer)) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {peers.every(({ via }) => via === 'relay') && (
        <p data-relayed className="py-2 text-muted text-sm">
          {t('allRelayed')}
        </p>
      )}
      {peers.length > ROWS_MAX && (
        <p className="py-2 text-muted text-sm">{t('more', { count: peers.length - ROWS_MAX })}</p>
      )}
    </section>
  )
}
