import { useEffect, useState, useSyncExternalStore } from 'react'
import { HealSession, type HealSnapshot } from '../../heal/heal-session.ts'

/** A check and repair that belongs to this page. */
export function useHeal(): readonly [HealSession, HealSnapshot] {
  const [session] = useState(() => new HealSession())
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot)
  useEffect(() => () => session.leave(), [session])
  return [session, snapshot]
}
