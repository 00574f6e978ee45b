import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useIsServerOnly } from '../../../lib/react/page/use-missing-capability.ts'
import { Notice } from '../../ui/notice.tsx'
import { isComplete, PauseButton } from '../pause-button.tsx'

/** What this tab gives to others, and how to end that once everything is here. */
export function HelpNotice({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('reader')
  const format = useFormat()
  const isServerOnly = useIsServerOnly()
  const done = isComplete(swarm)
  const paused = swarm.state === 'paused'
  if (isServerOnly || (!done && (paused || swarm.uploaded === 0))) return null
  return (
    <Notice tone="plain" title={t(paused ? 'notHelping' : 'help')}>
      <p className="tabular-nums">
        {swarm.uploaded > 0 && t('given', { size: format.bytes(swarm.uploaded) })}
        {swarm.uploadRate > 0 && ` ${format.rate(swarm.uploadRate)}.`}
      </p>
      {done && !swarm.problem && <PauseButton swarm={swarm} />}
    </Notice>
  )
}
