import { NO_LIMITS, type RateLimits } from '../../engine/view/snapshot.ts'

const KEY = 'tabseed-limits'

/** The saved limits for all shares of this browser together; none where it has no storage. */
export function readSharedLimits(): RateLimits {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return NO_LIMITS
    return {
      download: 'download' in stored ? rate(stored.download) : null,
      upload: 'upload' in stored ? rate(stored.upload) : null,
    }
  } catch {
    return NO_LIMITS
  }
}

/** Save `limits` for every later page; does nothing where the browser has no storage. */
export function saveSharedLimits(limits: RateLimits): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(limits))
  } catch {
    // They apply to this tab only.
  }
}

/** Calls `listener` with limits that another tab of this browser saved. */
export function onSharedLimits(listener: (limits: RateLimits) => void): void {
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) listener(readSharedLimits())
  })
}

const rate = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
