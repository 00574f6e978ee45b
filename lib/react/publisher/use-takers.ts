import { useEffect, useEffectEvent, useState } from 'react'
import { type Person, peopleOf } from '../../browser/publications/people.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { InfoHash, PeerId } from '../../torrent/ids.ts'
import { usePeople } from './use-people.ts'

const idsOf = (people: readonly Person[]): ReadonlySet<PeerId> => new Set(people.map(({ id }) => id))

interface TakersOptions {
  /** Peer id of the server's seeder, as the server said last; null: it was not there then. */
  readonly serverPeer: string | null
  /** The server has a copy, or fetches one: who comes may be the server. */
  readonly isCopied: boolean
  /** Asks for `serverPeer` again. Never rejects. */
  readonly ask: () => Promise<void>
}

/**
 * Who takes a publication of this browser, and who took all of it since this tab looks on: `everybody`, and the `people` among
 * them. Where the server fetches a copy, who comes is nobody yet until the server has been asked whether that is its seeder.
 */
export function useTakers(infoHash: InfoHash, { ask, isCopied, serverPeer }: TakersOptions) {
  const all = usePeople(infoHash)
  const [known, setKnown] = useState(() => idsOf(all))
  useEffect(() => {
    if (serverPeer !== null) peopleOf(thisTab().session).noteServer(serverPeer as PeerId)
  }, [serverPeer])
  const isNobody = ({ id, isServer }: Person) => isServer || id === serverPeer
  const server = all.find(isNobody)
  const isOpen = isCopied && server === undefined
  const hasNew = all.some(({ id }) => !known.has(id))
  const meet = useEffectEvent(async () => {
    if (isOpen) await ask()
    setKnown(idsOf(all))
  })
  // Those who come while the server is asked are asked about next.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (hasNew) void meet()
  }, [hasNew, known])
  const everybody = isOpen ? all.filter(({ id }) => known.has(id)) : all
  return {
    everybody,
    people: everybody.filter(person => !isNobody(person)),
    server: serverPeer ?? server?.id ?? null,
  }
}
