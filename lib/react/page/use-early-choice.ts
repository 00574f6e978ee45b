import { type RefObject, useEffect } from 'react'

/**
 * Dispatches `change` for files that were chosen before the page's scripts ran. The handler has to empty the input: the
 * browser's own event may come as well.
 */
export function useEarlyChoice(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    if (input.current?.files?.length) input.current.dispatchEvent(new Event('change', { bubbles: true }))
  }, [input])
}
