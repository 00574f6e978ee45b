import { createHash } from 'node:crypto'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** A seeder as placement sees it. */
export interface PlacedSeeder {
  readonly id: string
  /** What fails together; empty where nobody said. */
  readonly zone: string
  /** Bytes that nothing is reserved for; null: it does not say. */
  readonly free: number | null
  /** Connected, so that it can be asked. */
  readonly isHere: boolean
  /** Away for so long that its copies are made again elsewhere. */
  readonly isLost: boolean
}

/**
 * What one seeder has to do with one share:
 * - `asked`: it is to hold a copy, and has not confirmed that yet
 * - `held`: it holds one, in whole or in part
 * - `surplus`: it holds one that is not needed any more
 * - `released`: it holds one that nobody wants, and was away when that was said
 * - `refused`: it has no room, or made room for others; it is not asked by itself again
 * - `expired`: it dropped the copy by its own rules of age, idleness or ratio: nobody makes another by itself
 * - `folder`: its server has the files in the publish folder, as long as they are there: they count as no copy
 */
export type CopyStanding = 'asked' | 'held' | 'surplus' | 'released' | 'refused' | 'expired' | 'folder'

export interface PlacedCopy {
  readonly seeder: string
  readonly standing: CopyStanding
  /** It has everything. */
  readonly complete: boolean
}

export interface Placing {
  readonly infoHash: InfoHash
  /** Bytes. */
  readonly length: number
  /** How many copies there are to be, where there are so many seeders. */
  readonly copies: number
  readonly known: readonly PlacedCopy[]
  readonly seeders: readonly PlacedSeeder[]
}

/** A copy that is to have another standing. */
export interface Change {
  readonly seeder: string
  readonly standing: CopyStanding
}

/** So that those who do not say how much room they have, or have none, are still in an order. */
const LEAST_WEIGHT = 1
const HASH_BYTES = 6

/**
 * Seeders for one share, best first: by weighted rendezvous hashing, so that each gets shares in proportion to `weightOf`, and
 * the order of two does not depend on which others there are.
 */
export function rendezvous<S extends { readonly id: string }>(
  infoHash: InfoHash,
  seeders: readonly S[],
  weightOf: (seeder: S) => number,
): readonly S[] {
  const scored = seeders.map(seeder => {
    const digest = createHash('sha1').update(`${infoHash} ${seeder.id}`).digest()
    // In (0, 1).
    const uniform = (digest.readUIntBE(0, HASH_BYTES) + 0.5) / 2 ** (8 * HASH_BYTES)
    return { seeder, score: -Math.max(LEAST_WEIGHT, weightOf(seeder)) / Math.log(uniform) }
  })
  return scored
    .sort((a, b) => b.score - a.score || (a.seeder.id < b.seeder.id ? -1 : 1))
    .map(({ seeder }) => seeder)
}

/** The first `count` of `ranked`, those in zones that are neither in `taken` nor chosen already before others. */
function spread<S extends { readonly zone: string }>(
  ranked: readonly S[],
  count: number,
  taken: readonly string[],
): readonly S[] {
  const left = [...ranked]
  const zones = new Set(taken)
  const chosen: S[] = []
  while (chosen.length < count && left.length > 0) {
    const elsewhere = left.findIndex(({ zone }) => !zones.has(zone))
    const [next] = left.splice(Math.max(0, elsewhere), 1)
    if (next === undefined) break
    chosen.push(next)
    zones.add(next.zone)
  }
  return chosen
}

/**
 * Whom to ask for copies of a share that somebody asks for now, so that there are `copies`; those that hold one, or are asked
 * already, are included. Where nobody has room, a seeder is asked all the same: it makes room, or says why not.
 */
export function placeAsked(placing: Placing): readonly string[] {
  const counted = countedOf(placing)
  const missing = placing.copies - counted.length
  return [...counted.map(({ id }) => id), ...newHolders(placing, counted, missing, { evict: true })]
}

/** Whom to ask in place of one that refused a copy that somebody asked for: nobody is to make room for it. */
export function placeInstead(placing: Placing): readonly string[] {
  const counted = countedOf(placing)
  return newHolders(placing, counted, placing.copies - counted.length, { evict: false })
}

/**
 * What has to change so that there are as many copies of a share as there should be: those of seeders that are lost are made
 * again, without making others go for them; those beyond `copies` become surplus once all that stay are complete and here.
 * A share that nobody wants any more has no changes.
 */
export function balance(placing: Placing): readonly Change[] {
  const { copies, known, seeders } = placing
  const byId = new Map(seeders.map(seeder => [seeder.id, seeder]))
  if (!known.some(copy => isWanted(copy) || copy.standing === 'surplus')) return []
  const counted = countedOf(placing)
  const missing = copies - counted.length
  if (missing > 0) {
    const spare = known
      .filter(({ standing }) => standing === 'surplus')
      .flatMap(({ seeder }) => byId.get(seeder) ?? [])
      .filter(({ isLost }) => !isLost)
    const back = spread(stable(placing, spare), missing, zonesOf(counted))
    const added = known.some(({ standing }) => standing === 'expired')
      ? []
      : newHolders(placing, [...counted, ...back], missing - back.length, { evict: false })
    return [
      ...back.map(({ id }): Change => ({ seeder: id, standing: 'held' })),
      ...added.map((id): Change => ({ seeder: id, standing: 'asked' })),
    ]
  }
  if (known.filter(isWanted).length <= copies) return []
  const whole = known
    .filter(copy => isWanted(copy) && copy.complete)
    .flatMap(({ seeder }) => byId.get(seeder) ?? [])
    .filter(({ isHere }) => isHere)
  if (whole.length < copies) return []
  const stay = new Set(spread(stable(placing, whole), copies, []).map(({ id }) => id))
  return known
    .filter(copy => isWanted(copy) && !stay.has(copy.seeder) && byId.get(copy.seeder)?.isHere === true)
    .map(({ seeder }): Change => ({ seeder, standing: 'surplus' }))
}

/** Whether the bytes of a surplus copy may go: as many others as there should be are whole, and their seeders are here. */
export function maySurplusGo({ copies, known, seeders }: Placing, seeder: string): boolean {
  const here = new Set(seeders.filter(({ isHere }) => isHere).map(({ id }) => id))
  const others = known.filter(
    copy => isWanted(copy) && copy.complete && copy.seeder !== seeder && here.has(copy.seeder),
  )
  return others.length >= copies
}

const isWanted = ({ standing }: PlacedCopy): boolean => standing === 'asked' || standing === 'held'

/** Seeders whose copies are or will be there. */
function countedOf({ known, seeders }: Placing): readonly PlacedSeeder[] {
  const wanted = new Set(known.filter(isWanted).map(({ seeder }) => seeder))
  return seeders.filter(({ id, isLost }) => wanted.has(id) && !isLost)
}

/** In an order that does not change with the room they have. */
const stable = ({ infoHash }: Placing, seeders: readonly PlacedSeeder[]) =>
  rendezvous(infoHash, seeders, () => LEAST_WEIGHT)

const zonesOf = (seeders: readonly PlacedSeeder[]): readonly string[] => seeders.map(({ zone }) => zone)

function newHolders(
  { infoHash, known, length, seeders }: Placing,
  counted: readonly PlacedSeeder[],
  count: number,
  { evict }: { readonly evict: boolean },
): readonly string[] {
  if (count <= 0) return []
  const inFolder = known.filter(({ standing }) => standing === 'folder').map(({ seeder }) => seeder)
  const having = new Set([...counted.map(({ id }) => id), ...inFolder])
  const refused = new Set(known.filter(({ standing }) => standing === 'refused').map(({ seeder }) => seeder))
  const free = ({ free }: PlacedSeeder) => free ?? 0
  const fits = (seeder: PlacedSeeder) => seeder.free === null || seeder.free >= length
  const candidates = seeders.filter(({ id, isHere }) => isHere && !having.has(id))
  const rank = (some: readonly PlacedSeeder[]) => rendezvous(infoHash, some, free)
  const roomy = candidates.filter(seeder => fits(seeder) && !refused.has(seeder.id))
  const chosen = spread(rank(roomy), count, zonesOf(counted))
  if (!evict || chosen.length === count) return chosen.map(({ id }) => id)
  const full = candidates.filter(seeder => !roomy.includes(seeder))
  const more = spread(rank(full), count - chosen.length, zonesOf([...counted, ...chosen]))
  return [...chosen, ...more].map(({ id }) => id)
}
