import { useTranslations } from 'next-intl'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { listSavedRecords, type SavedRecord } from '../../browser/records/saved-records.ts'
import { Nearby } from '../../nearby/nearby.ts'
import type { HandedShare } from '../../nearby/sealed-note.ts'
import { TITLE_MAX } from '../../nearby/sealed-note.ts'
import { ANIMALS } from '../../protocol/nearby.ts'
import { useSwarms } from '../share/use-swarm.ts'

/** Being seen nearby, until the page is left. */
export function useNearby() {
  const [nearby] = useState(() => new Nearby())
  const state = useSyncExternalStore(nearby.subscribe, nearby.getSnapshot, nearby.getSnapshot)
  useEffect(() => {
    const leave = () => nearby.stop()
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [nearby])
  return { nearby, state }
}

/** Says the made-up name with a number, such as "Green Fox". */
export function useNearbyName(): (name: number) => string {
  const t = useTranslations('nearby')
  return name => {
    const colour = t('colours').split('|')[Math.floor(name / ANIMALS)] ?? ''
    const animal = t('animals').split('|')[name % ANIMALS] ?? ''
    return t('named', { colour, animal })
  }
}

/** What this browser can hand over: the shares that it takes part in. */
export function useHandable(): readonly Omit<HandedShare, 'kind'>[] {
  const t = useTranslations('tab')
  const swarms = useSwarms()
  const [records, setRecords] = useState<readonly SavedRecord[]>([])
  const count = swarms.length
  useEffect(() => {
    if (count === 0) return
    listSavedRecords().then(setRecords, () => undefined)
  }, [count])
  const running = new Set(swarms.map(({ infoHash }) => infoHash))
  return records
    .filter(({ infoHash }) => running.has(infoHash))
    .map(({ infoHash, seal, title }) => ({
      path: `/d/${infoHash}${seal ? `#${seal.fragment}` : ''}`,
      title: (title || t('untitled')).slice(0, TITLE_MAX),
    }))
}
