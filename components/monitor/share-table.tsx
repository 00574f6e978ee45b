import { clsx } from 'clsx'
import { ArrowDown, ArrowUp, ChartSpline } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ShareStatus } from '../../lib/protocol/status.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { COLUMNS, type Column, type Order, orderUrl } from './order.ts'

const KEPT_WORDS = { no: 'keptNo', partial: 'keptPartial', yes: 'keptYes' } as const

/** Columns hidden on a phone; the page of each share has them. */
const WIDE: ReadonlySet<Column> = new Set(['size', 'downloaded', 'transferred', 'copies', 'kept'])

interface ShareTableProps {
  readonly shares: readonly ShareStatus[]
  readonly order: Order
}

/** Listed shares, one a row; column heads sort them. */
export function ShareTable({ shares, order }: ShareTableProps) {
  const t = useTranslations('status')
  return (
    <section aria-label={t('list')} className="card overflow-hidden px-4 sm:px-5">
      <table className="w-full text-sm">
        <thead className="text-muted">
          <tr>
            {COLUMNS.map(column => (
              <Head key={column} column={column} order={order} />
            ))}
            <th scope="col">
              <span className="sr-only">{t('history')}</span>
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-line border-t">
          {shares.map(share => (
            <Row key={share.infoHash} share={share} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Head({ column, order }: { readonly column: Column; readonly order: Order }) {
  const t = useTranslations('status')
  const isSorted = order.column === column
  const Arrow = order.isDescending ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (order.isDescending ? 'descending' : 'ascending') : undefined}
      className={clsx(
        'font-normal',
        column === 'name' ? 'text-start' : 'ps-3 text-end',
        WIDE.has(column) && 'max-md:hidden',
      )}
    >
      <Link
        href={orderUrl(column, order)}
        scroll={false}
        prefetch={false}
        className="inline-flex min-h-11 items-center gap-1 rounded-control hover:text-ink"
      >
        {t(column)}
        {isSorted && <Arrow aria-hidden="true" className="size-4 shrink-0" />}
      </Link>
    </th>
  )
}

function Row({ share }: { readonly share: ShareStatus }) {
  const t = useTranslations('status')
  const format = useFormat()
  const number = 'py-2 ps-3 text-end tabular-nums whitespace-nowrap'
  const wide = clsx(number, 'max-md:hidden')
  return (
    <tr
      data-share={share.infoHash}
      data-complete={share.complete}
      data-downloading={share.downloading}
      data-downloaded={share.downloaded}
      data-kept={share.kept}
    >
      <th scope="row" className="w-full max-w-0 py-2 text-start">
        <Link
          href={`/d/${share.infoHash}`}
          prefetch={false}
          className="block truncate py-1 font-semibold underline decoration-edge underline-offset-4 hover:decoration-2"
        >
          <Name text={share.name} />
        </Link>
        <span className="block font-normal text-muted md:hidden">{format.bytes(share.size)}</span>
      </th>
      <td className={wide}>{format.bytes(share.size)}</td>
      <td className={number}>{format.count(share.complete)}</td>
      <td className={number}>{format.count(share.downloading)}</td>
      <td className={wide}>{format.count(share.downloaded)}</td>
      <td className={wide}>{format.bytes(share.transferred)}</td>
      <td className={wide}>{share.copies === null ? <Unknown /> : format.copies(share.copies)}</td>
      <td className={wide}>{t(KEPT_WORDS[share.kept])}</td>
      <td className="ps-2">
        <Link
          href={`/status/${share.infoHash}`}
          prefetch={false}
          aria-label={t('historyOf', { name: visibleName(share.name) })}
          className="-me-2 grid size-11 place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink"
        >
          <ChartSpline aria-hidden="true" className="size-5" />
        </Link>
      </td>
    </tr>
  )
}

function Unknown() {
  const t = useTranslations('status')
  return (
    <>
      <span aria-hidden="true">–</span>
      <span className="sr-only">{t('unknown')}</span>
    </>
  )
}
