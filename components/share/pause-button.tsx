import { Pause, Play } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { getSession } from '../../lib/browser/session/session.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { Button } from '../ui/button.tsx'

/** All that was wanted is here, also while others get nothing. */
export const isComplete = ({ downloaded, length, role }: SwarmSnapshot): boolean =>
  role === 'reader' && downloaded === length

/** Stops all traffic of a share and its announces, and starts it again; what is here stays. */
export function PauseButton({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('reader')
  const paused = swarm.state === 'paused'
  const Icon = paused ? Play : Pause
  const toggle = () => (paused ? getSession().resume(swarm.infoHash) : getSession().pause(swarm.infoHash))
  return (
    <Button onClick={toggle}>
      <Icon aria-hidden="true" />
      {isComplete(swarm) ? t(paused ? 'helpAgain' : 'stopHelping') : t(paused ? 'resume' : 'pause')}
    </Button>
  )
}
