import { Circle, CircleDashed, Server } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { Presence } from '../../../lib/protocol/presence.ts'
import { useMoments } from '../../../lib/react/page/use-moments.ts'

/** Whether somebody is there: said before the click, with a shape for each answer. */
export function PresenceLine({ presence }: { readonly presence: Presence }) {
  const t = useTranslations('reader.presence')
  const { ago } = useMoments()
  const Icon = { online: Circle, server: Server, away: CircleDashed }[presence.presence]
  const look = {
    online: 'text-leaf [&>svg]:fill-current',
    server: 'text-leaf',
    away: 'text-muted',
  }[presence.presence]
  return (
    <p role="status" className={`flex items-center gap-1.5 font-semibold ${look}`}>
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      {text()}
    </p>
  )

  function text(): string {
    if (presence.presence === 'online') return t('online')
    if (presence.presence === 'server') return t(presence.copy === 'here' ? 'here' : 'mirror')
    if (presence.lastSeen === null) return t('away')
    // By the server's clock alone: this one may be wrong.
    const past = ago(Date.parse(presence.at) - Date.parse(presence.lastSeen))
    return past === null ? t('justLeft') : t('lastSeen', { ago: past })
  }
}
