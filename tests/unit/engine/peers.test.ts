import { expect, it } from 'vitest'
import { countCopies } from '../../../lib/engine/view/peers.ts'
import type { Wire } from '../../../lib/engine/webtorrent-types.ts'

/** As much of a wire as is looked at; `isSeeder` is what webtorrent says of every new peer. */
const wire = (held: (piece: number) => boolean) =>
  ({ isSeeder: true, peerPieces: { get: held } }) as unknown as Wire

it('counts the pieces that peers hold, not what webtorrent reports', () => {
  const partial = wire(piece => piece < 8)
  const full = wire(() => true)
  const alone = countCopies([partial], 64)
  expect(alone.copies).toBe(8 / 64)
  expect(alone.progress.get(partial)).toBe(8 / 64)
  expect(countCopies([partial, full], 64).copies).toBe(1 + 8 / 64)
  expect(countCopies([], 64).copies).toBe(0)
})
