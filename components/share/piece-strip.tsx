import { useTranslations } from 'next-intl'
import type { PieceCell } from '../../lib/torrent/piece-map.ts'

const HEIGHT = 24

const MISSING = 0
const PARTLY = 1
const HAVE = 2
const FETCHING = 3

/**
 * Each kind of cell has its own height and texture, so that colour is not needed to tell them apart: complete is a full bar,
 * partly complete a half one, being fetched a frame, missing a low line.
 */
const KINDS = [
  { cell: HAVE, key: 'have', height: 1, className: 'fill-leaf' },
  { cell: PARTLY, key: 'partly', height: 0.55, className: 'fill-leaf' },
  { cell: FETCHING, key: 'fetching', height: 0.8, className: 'fill-amber' },
  { cell: MISSING, key: 'missing', height: 0.14, className: 'fill-edge' },
] as const satisfies readonly { cell: PieceCell; key: string; height: number; className: string }[]

/** After a check, pieces that are not good are bad: a low line in the colour of errors. */
const CHECKED_KINDS = [
  { cell: HAVE, key: 'good', height: 1, className: 'fill-leaf' },
  { cell: PARTLY, key: 'mixed', height: 0.55, className: 'fill-amber' },
  { cell: MISSING, key: 'bad', height: 0.2, className: 'fill-red' },
] as const satisfies readonly { cell: PieceCell; key: string; height: number; className: string }[]

/** One path for all cells of a kind; neighbours are joined. A cell that is being fetched has a gap in the middle of its bar. */
function outline(pieceMap: readonly PieceCell[], cell: PieceCell, height: number): string {
  const tall = HEIGHT * height
  const bars: string[] = []
  for (let start = 0; start < pieceMap.length; start++) {
    if (pieceMap[start] !== cell) continue
    let end = start + 1
    while (pieceMap[end] === cell) end += 1
    const width = end - start
    if (cell === FETCHING) {
      bars.push(`M${start} ${HEIGHT}h${width}v${-tall * 0.35}h${-width}z`)
      bars.push(`M${start} ${HEIGHT - tall * 0.65}h${width}v${-tall * 0.35}h${-width}z`)
    } else bars.push(`M${start} ${HEIGHT}h${width}v${-tall}h${-width}z`)
    start = end - 1
  }
  return bars.join('')
}

interface PieceStripProps {
  readonly pieceMap: readonly PieceCell[]
  /** The pieces were checked: those that are not good are bad. */
  readonly checked?: boolean
}

/** Which sections of the content are complete: at most 240 cells, and a sentence that says the same. */
export function PieceStrip({ pieceMap, checked = false }: PieceStripProps) {
  const t = useTranslations('pieces')
  const kinds = checked ? CHECKED_KINDS : KINDS
  const complete = pieceMap.every(cell => cell === HAVE)
  const count = (cell: PieceCell) => pieceMap.filter(each => each === cell).length
  const text = t(checked ? 'checked' : 'text', {
    have: count(HAVE),
    total: pieceMap.length,
    partly: count(PARTLY),
    fetching: count(FETCHING),
    bad: count(MISSING),
  })
  return (
    <figure>
      <svg
        role="img"
        aria-label={`${t('title')}: ${text}`}
        viewBox={`0 0 ${Math.max(1, pieceMap.length)} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-6 w-full"
      >
        {kinds.map(({ cell, height, className }) => (
          <path key={cell} d={outline(pieceMap, cell, height)} className={className} />
        ))}
      </svg>
      <figcaption className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-muted text-sm">
        {/* Always every kind: a legend of only those shown would change several times a second. */}
        {kinds.slice(0, complete ? 1 : undefined).map(({ cell, key, height, className }) => (
          <span key={key} className="flex items-center gap-1.5">
            <svg
              viewBox={`0 0 8 ${HEIGHT}`}
              aria-hidden="true"
              className="h-4 w-2"
              preserveAspectRatio="none"
            >
              <path d={outline(Array<PieceCell>(8).fill(cell), cell, height)} className={className} />
            </svg>
            {t(key)}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}
