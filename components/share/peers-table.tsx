import { useTranslations } from 'next-intl'
import type { PeerSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Name } from '../common/name.tsx'

/** Rows shown; nobody reads more. */
const ROWS_MAX = 50

/** On a phone these amounts are below the name. */
const WIDE_ONLY = 'hidden sm:table-cell'

const activity = (peer: PeerSnapshot) => peer.downloadRate + peer.uploadRate

/** The connected peers, busiest first. */
export function PeersTable({
  peers,
  empty,
}: {
  readonly peers: readonly PeerSnapshot[]
  readonly empty: string
}) {
  const t = useTranslations('peers')
  const format = useFormat()
  if (peers.length === 0) return <p className="text-muted">{empty}</p>
  const shown = peers.toSorted((a, b) => activity(b) - activity(a)).slice(0, ROWS_MAX)
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
            >
              <th scope="row" className="max-w-36 py-2 text-start sm:max-w-48 font-normal">
                <Name
                  text={peer.client || t(peer.via === 'tcp' ? 'program' : 'browser')}
                  className="block truncate"
                />
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
              <td className={number}>{format.rate(activity(peer))}</td>
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
