import { useEffect, useState, useSyncExternalStore } from 'react'
import { thisTab } from '../../browser/this-tab.ts'
import { HealSession } from '../../heal/heal-session.ts'
import type { HealSnapshot } from '../../heal/heal-state.ts'

/** A check and repair for this page. */
export function useHeal(): readonly [HealSession, HealSnapshot] {
  // The server renders this page too, where there is no tab.
  const [session] = useState(() => new HealSession(thisTab))
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot)
  useEffect(() => () => session.leave(), [session])
  return [session, snapshot]
}
