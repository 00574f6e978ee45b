import { useState } from 'react'
import { chime } from '../../browser/chime.ts'
import { type NotificationText, notify } from '../../browser/notifications.ts'
import { type Alerts, readAlerts, saveAlerts } from '../../browser/records/alerts.ts'

/** How this browser says that something has arrived, as the person chose it, and a way to say it. */
export function useAlerts() {
  const [alerts, setAlerts] = useState(readAlerts)
  const change = (part: Partial<Alerts>) => {
    const next = { ...alerts, ...part }
    setAlerts(next)
    saveAlerts(next)
  }
  const raise = (text: NotificationText) => {
    if (alerts.sound) chime()
    if (alerts.notification) void notify(text)
  }
  return { alerts, change, raise }
}
