import type { Page } from 'playwright-core'

/** What Lighthouse measures of a page, by the same events; times in milliseconds from the navigation on. */
export interface PageFigures {
  /** Largest Contentful Paint. */
  readonly lcp: number
  /** Sum of all layout shifts without a recent input: at least the Cumulative Layout Shift, which is of the worst window only. */
  readonly cls: number
  /** What moved, for whoever looks for the cause. */
  readonly shifts: readonly string[]
  /** Total Blocking Time: of each task over 50 ms what is over, from the first paint on. */
  readonly tbt: number
  /** Bytes of scripts as they were transferred. */
  readonly scriptBytes: number
}

interface Watched {
  lcp: number
  shifts: { value: number; of: string }[]
  tasks: { at: number; duration: number }[]
}

/** From its next document on, `page` notes what `figuresOf` reads. Chromium only. */
export async function watchFigures(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watched: Watched = { lcp: 0, shifts: [], tasks: [] }
    Object.assign(window, { watched })
    const watch = (type: string, note: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type, buffered: true })
    watch('largest-contentful-paint', entry => {
      watched.lcp = entry.startTime
    })
    watch('longtask', ({ startTime, duration }) => watched.tasks.push({ at: startTime, duration }))
    watch('layout-shift', entry => {
      const { hadRecentInput, sources, value } = entry as PerformanceEntry & {
        readonly hadRecentInput: boolean
        readonly value: number
        readonly sources: readonly {
          readonly node: Node | null
          readonly previousRect: DOMRect
          readonly currentRect: DOMRect
        }[]
      }
      if (hadRecentInput) return
      const describe = ({
        node,
        previousRect: { y: from },
        currentRect: { y: to },
      }: (typeof sources)[number]) => {
        const element = node instanceof Element ? node : node?.parentElement
        const text = element?.textContent?.trim().slice(0, 40) ?? ''
        return `${element?.localName} “${text}” ${Math.round(from)} → ${Math.round(to)}`
      }
      watched.shifts.push({ value, of: sources.map(describe).join(', ') })
    })
  })
}

/** The figures of the document that `page` shows, until now. */
export async function figuresOf(page: Page): Promise<PageFigures> {
  const { scriptBytes, watched, firstPaint } = await page.evaluate(() => ({
    watched: (window as unknown as { readonly watched: Watched }).watched,
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    scriptBytes: performance
      .getEntriesByType('resource')
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
  }))
  return {
    lcp: watched.lcp,
    cls: watched.shifts.reduce((sum, { value }) => sum + value, 0),
    shifts: watched.shifts.map(({ of, value }) => `${value.toFixed(4)}: ${of}`),
    tbt: watched.tasks
      .filter(({ at }) => at >= firstPaint)
      .reduce((sum, { duration }) => sum + duration - 50, 0),
    scriptBytes,
  }
}

/** Forgets the shifts until now: what follows is not about them. */
export const forgetShifts = (page: Page): Promise<void> =>
  page.evaluate(() => {
    ;(window as unknown as { readonly watched: Watched }).watched.shifts.length = 0
  })
