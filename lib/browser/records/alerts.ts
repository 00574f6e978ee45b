/** How this browser says that somebody has everything, beside the page and its title; for all shares. */
export interface Alerts {
  readonly notification: boolean
  readonly sound: boolean
}

const KEY = 'tabseed-alerts'

/** What the person chose; nothing where they did not, or where the browser has no storage. */
export function readAlerts(): Alerts {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    const { notification, sound } = { ...(saved as object) } as Partial<Alerts>
    return { notification: notification === true, sound: sound === true }
  } catch {
    return { notification: false, sound: false }
  }
}

/** Without storage it holds for this page only. */
export function saveAlerts(alerts: Alerts): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(alerts))
  } catch {
    // Private windows may have none.
  }
}
