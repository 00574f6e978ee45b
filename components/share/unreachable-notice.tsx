import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { Notice } from '../ui/notice.tsx'

/** Peers are online but cannot be reached: what is missing, and where to find out more. */
export function UnreachableNotice({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('unreached')
  const missing = swarm.relay ? 'blocked' : 'relay'
  return (
    <Notice tone="amber" role="status" title={t('title')} data-unreached={missing}>
      <p>{t(missing)}</p>
      <p>
        <Link
          href={{ pathname: '/doctor', query: { share: swarm.infoHash, tried: swarm.unreached } }}
          className="font-semibold underline underline-offset-4"
        >
          {t('doctor')}
        </Link>
      </p>
    </Notice>
  )
}
