import { useState } from 'react'
import { useInBrowser } from '../page/use-in-browser.ts'

const STORED_AS = 'tabseed-operator-key'

/** The operator's key of this tab, kept over a reload and forgotten with the tab; undefined while nobody can know. */
export function useOperatorKey() {
  const inBrowser = useInBrowser()
  const [chosen, setChosen] = useState<string | null>()
  const key = chosen === undefined ? (inBrowser ? stored() : undefined) : chosen
  const keep = (next: string | null) => {
    setChosen(next)
    try {
      if (next === null) sessionStorage.removeItem(STORED_AS)
      else sessionStorage.setItem(STORED_AS, next)
    } catch {
      // Where nothing may be stored, it lasts until the page is loaded again.
    }
  }
  return { key, keep }
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(STORED_AS)
  } catch {
    return null
  }
}
