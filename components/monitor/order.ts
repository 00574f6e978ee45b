import type { ShareStatus } from '../../lib/protocol/status.ts'

/** Columns of the list of shares, from left to right. */
export const COLUMNS = [
  'name',
  'size',
  'complete',
  'downloading',
  'downloaded',
  'transferred',
  'copies',
  'kept',
] as const
export type Column = (typeof COLUMNS)[number]

/** The column that the list is sorted by; null: the server's order, most clients first. */
export interface Order {
  readonly column: Column | null
  readonly isDescending: boolean
}

/** The order in a URL's query, `?sort=size&order=asc`; unknown columns are ignored. */
export function readOrder(query: Readonly<Record<string, string | string[] | undefined>>): Order {
  const column = COLUMNS.find(one => one === query['sort']) ?? null
  return { column, isDescending: query['order'] !== 'asc' }
}

/** The URL that sorts by `column`, or reverses it when it is sorted already. Names start with A, numbers with the largest. */
export function orderUrl(column: Column, order: Order) {
  const isDescending = order.column === column ? !order.isDescending : column !== 'name'
  return `/status?sort=${column}&order=${isDescending ? 'desc' : 'asc'}` as const
}

const KEPT = { no: 0, partial: 1, yes: 2 }

/** `shares` sorted by `order` (stable). */
export function inOrder(
  shares: readonly ShareStatus[],
  { column, isDescending }: Order,
  locale: string,
): readonly ShareStatus[] {
  if (column === null) return shares
  const compare = (a: ShareStatus, b: ShareStatus) =>
    column === 'name' ? a.name.localeCompare(b.name, locale) : numberOf(a, column) - numberOf(b, column)
  return shares.toSorted((a, b) => (isDescending ? compare(b, a) : compare(a, b)))
}

function numberOf(share: ShareStatus, column: Exclude<Column, 'name'>): number {
  if (column === 'kept') return KEPT[share.kept]
  return share[column] ?? -1
}
