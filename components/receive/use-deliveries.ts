import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { SavedDelivery, SavedInbox } from '../../lib/browser/records/saved-inboxes.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useSwarms } from '../../lib/react/share/use-swarm.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

interface Deliveries {
  /** From 0 to 1, of all that are under way; null: none are. */
  readonly progress: number | null
  /** Whole ones that came since this page is open. */
  readonly arrived: number
}

const isComplete = ({ downloaded, length }: SwarmSnapshot): boolean => length > 0 && downloaded >= length

/** What is delivered to this browser: how far it is, and a call with each that is whole now. */
export function useDeliveries(
  inboxes: readonly SavedInbox[] | undefined,
  onArrived: (delivery: SavedDelivery) => void,
): Deliveries {
  const deliveries = new Map(
    (inboxes ?? []).flatMap(inbox => inbox.deliveries.map(delivery => [delivery.infoHash, delivery])),
  )
  const swarms = useSwarms().filter(({ infoHash }) => deliveries.has(infoHash))
  /** Those that a page before may have said. */
  const old = useRef<Set<InfoHash>>(undefined)
  const said = useRef(new Set<InfoHash>())
  const [arrived, setArrived] = useState(0)
  const arrive = useEffectEvent(onArrived)
  const looks = swarms.map(swarm => `${swarm.infoHash} ${isComplete(swarm)}`).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `looks` has what matters of the swarms
  useEffect(() => {
    if (inboxes === undefined) return
    old.current ??= new Set(
      [...deliveries.values()].filter(({ started }) => started).map(({ infoHash }) => infoHash),
    )
    for (const swarm of swarms) {
      const { infoHash } = swarm
      const delivery = deliveries.get(infoHash)
      if (!isComplete(swarm)) old.current.delete(infoHash)
      else if (delivery && !old.current.has(infoHash) && !said.current.has(infoHash)) {
        said.current.add(infoHash)
        setArrived(said.current.size)
        arrive(delivery)
      }
    }
  }, [inboxes, looks])
  const coming = swarms.filter(swarm => !isComplete(swarm) && swarm.length > 0)
  const total = coming.reduce((sum, { length }) => sum + length, 0)
  const here = coming.reduce((sum, { downloaded }) => sum + downloaded, 0)
  return { progress: total === 0 ? null : here / total, arrived }
}
