import { type RefObject, useEffect } from 'react'

/**
 * Files chosen before the page's scripts ran, when nobody heard of it, are told to `onChange` once these do. It has to
 * empty the input: the browser's own event may come as well.
 */
export function useEarlyChoice(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    if (input.current?.files?.length) input.current.dispatchEvent(new Event('change', { bubbles: true }))
  }, [input])
}
