import { NO_LIMITS, type RateLimits } from '../../engine/view/snapshot.ts'

const KEY = 'tabseed-limits'

/** The limits this browser keeps for all shares together; none where it withholds storage. */
export function readSharedLimits(): RateLimits {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return NO_LIMITS
    return {
      download: 'download' in kept ? rate(kept.download) : null,
      upload: 'upload' in kept ? rate(kept.upload) : null,
    }
  } catch {
    return NO_LIMITS
  }
}

/** Keep `limits` for every later page; does nothing where the browser withholds storage. */
export function keepSharedLimits(limits: RateLimits): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(limits))
  } catch {
    // They hold for this tab.
  }
}

/** `listener` hears of limits that another tab of this browser keeps. */
export function onSharedLimits(listener: (limits: RateLimits) => void): void {
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) listener(readSharedLimits())
  })
}

const rate = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
