import { useSyncExternalStore } from 'react'

const never = () => () => {}

/** False while the server renders and React takes over its page; what differs between the two waits for true. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}
