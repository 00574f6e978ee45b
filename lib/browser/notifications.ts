import { activeWorker } from './service-worker.ts'

/** `ask`: the person was not asked yet; `denied`: only the browser's settings change that. */
export type NotificationState = 'unsupported' | 'ask' | 'granted' | 'denied'

export function notificationState(): NotificationState {
  // Plain http has the interface, and refuses.
  if (!('Notification' in globalThis) || !isSecureContext) return 'unsupported'
  return Notification.permission === 'default' ? 'ask' : Notification.permission
}

/** Asks the person, who must have clicked just now. Resolves to the answer. */
export async function askToNotify(): Promise<NotificationState> {
  if (notificationState() === 'ask') await Notification.requestPermission().catch(() => undefined)
  return notificationState()
}

export interface NotificationText {
  readonly title: string
  readonly body: string
  /** A later one about the same replaces it. */
  readonly about: string
  /** Of the page that a click brings to the front. */
  readonly path: string
}

/** Shows a notification where the person allowed it; a click on it brings its page to the front. Never rejects. */
export async function notify({ about, body, path, title }: NotificationText): Promise<void> {
  if (notificationState() !== 'granted') return
  const options = { body, tag: about, icon: '/icon.svg', data: { path } }
  try {
    // Phones have notifications of service workers only.
    const isReady = (await activeWorker()) !== null
    const registration = isReady ? await navigator.serviceWorker.ready : null
    if (registration) await registration.showNotification(title, options)
    else new Notification(title, options)
  } catch {
    // It is said in the page and in its title too.
  }
}
