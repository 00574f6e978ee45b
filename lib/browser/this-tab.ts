import { BrowserTab } from './browser-tab.ts'

let tab: BrowserTab | undefined

/** The tab that this code runs in, created on first use: never while the server renders. */
export function thisTab(): BrowserTab {
  tab ??= new BrowserTab()
  return tab
}
