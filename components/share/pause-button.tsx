import { Pause, Play } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { Button } from '../ui/button.tsx'

/** Whether all selected files are complete, even while sharing is paused. */
export const isComplete = ({ downloaded, length, role }: SwarmSnapshot): boolean =>
  role === 'reader' && downloaded === length

/** Stops all traffic and announces of a share, or starts them again; verified pieces stay. */
export function PauseButton({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('reader')
  const paused = swarm.state === 'paused'
  const Icon = paused ? Play : Pause
  const toggle = () =>
    paused ? thisTab().session.resume(swarm.infoHash) : thisTab().session.pause(swarm.infoHash)
  return (
    <Button onClick={toggle}>
      <Icon aria-hidden="true" />
      {isComplete(swarm) ? t(paused ? 'helpAgain' : 'stopHelping') : t(paused ? 'resume' : 'pause')}
    </Button>
  )
}
