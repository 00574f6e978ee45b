import { type TouchEvent, useRef } from 'react'

/** Shorter movements are taps; in CSS pixels. */
const SWIPE_MIN = 48

/** The lower part of a video has the bar that people drag to seek. */
const BAR_FRACTION = 0.75

interface SwipeHandlers {
  readonly onTouchStart: (event: TouchEvent) => void
  readonly onTouchEnd: (event: TouchEvent) => void
}

/** Handlers for an element that is swiped to the side: `1` is to the next one, `-1` to the one before. */
export function useSwipe(onSwipe: (by: 1 | -1) => void): SwipeHandlers {
  const start = useRef<{ readonly x: number; readonly y: number } | null>(null)
  return {
    onTouchStart: event => {
      const touch = event.touches[0]
      // Two fingers zoom, and in a zoomed page one finger moves it.
      const isOne = event.touches.length === 1 && (window.visualViewport?.scale ?? 1) < 1.05
      start.current = touch && isOne && !seeks(event) ? { x: touch.clientX, y: touch.clientY } : null
    },
    onTouchEnd: ({ changedTouches }) => {
      const touch = changedTouches[0]
      const from = start.current
      start.current = null
      if (!from || !touch) return
      const across = touch.clientX - from.x
      if (Math.abs(across) < SWIPE_MIN || Math.abs(across) < 2 * Math.abs(touch.clientY - from.y)) return
      const isForward = across < 0 !== (document.dir === 'rtl')
      onSwipe(isForward ? 1 : -1)
    },
  }
}

/** Whether a touch begins on something that is itself dragged to the side. */
function seeks({ target, touches }: TouchEvent): boolean {
  const touch = touches[0]
  if (!(target instanceof Element) || !touch) return false
  if (target.closest('audio, input, select')) return true
  const box = target.closest('video')?.getBoundingClientRect()
  return box !== undefined && touch.clientY > box.top + BAR_FRACTION * box.height
}
