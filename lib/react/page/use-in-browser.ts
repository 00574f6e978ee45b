import { useSyncExternalStore } from 'react'

const never = () => () => {}

/** False while the server renders and React hydrates its page; render what differs between the two only when true. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}
