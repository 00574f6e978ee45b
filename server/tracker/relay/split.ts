import type { NodeId } from './bus.ts'

/** Up to so many peers, every set of them is equally likely. */
const UNIFORM_MAX = 20
/** Beyond that, what at most stays on this node: enough goes to others that the nodes' swarms stay one. */
const LOCAL_SHARE = 0.6

/** How many offers go to peers of this node, and how many to each other node. */
export interface Split {
  readonly local: number
  readonly remote: ReadonlyMap<NodeId, number>
}

/**
 * Splits `count` offers over nodes by how many peers each has that may get one: as if the peers themselves were drawn without
 * repetition, but in large swarms with most of them on this node, which costs nothing.
 */
export function splitOffers(count: number, local: number, remote: ReadonlyMap<NodeId, number>): Split {
  const far = [...remote.values()].reduce((sum, peers) => sum + peers, 0)
  if (local + far <= UNIFORM_MAX) {
    const drawn = drawFromUrn(count, [['', local], ...remote])
    const kept = drawn.get('') ?? 0
    drawn.delete('')
    return { local: kept, remote: drawn }
  }
  // Rounded at random, so that clients that send one offer at a time are treated the same.
  const mayStay = Math.min(local, Math.floor(count * LOCAL_SHARE + Math.random()))
  const leaving = Math.min(count - mayStay, far)
  return { local: Math.min(count - leaving, local), remote: drawFromUrn(leaving, [...remote]) }
}

/** How often each is drawn in `count` draws of items that are not put back (multivariate hypergeometric). */
function drawFromUrn<Key>(count: number, items: readonly (readonly [Key, number])[]): Map<Key, number> {
  const left = items.map(([, number]) => number)
  let total = left.reduce((sum, number) => sum + number, 0)
  const drawn = new Map<Key, number>()
  for (let draw = Math.min(count, total); draw > 0; draw -= 1) {
    let at = Math.floor(Math.random() * total)
    const index = left.findIndex(number => {
      at -= number
      return at < 0
    })
    const key = items[index]?.[0]
    if (key === undefined) break
    left[index] = (left[index] ?? 0) - 1
    total -= 1
    drawn.set(key, (drawn.get(key) ?? 0) + 1)
  }
  return drawn
}
