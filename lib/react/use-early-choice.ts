import { type RefObject, useEffect } from 'react'

/**
 * Files chosen before the page's scripts ran, when nobody heard of it, are told to `onChange` once these do. The input
 * is empty again after that.
 */
export function useEarlyChoice(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const element = input.current
    if (!element?.files?.length) return
    element.dispatchEvent(new Event('change', { bubbles: true }))
    element.value = ''
  }, [input])
}
