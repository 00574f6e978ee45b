import { useTranslations } from 'next-intl'
import type { Share } from '../../../lib/protocol/share.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'

/** Says that files have names under which nothing can be saved, and what becomes of the first. */
export function RenamedNote({ share }: { readonly share: Share }) {
  const t = useTranslations('share')
  const renamed = share.files.filter(({ savedAs }) => savedAs !== undefined)
  const [first] = renamed
  if (first?.savedAs === undefined) return null
  return (
    <p className="break-words text-muted text-sm [overflow-wrap:anywhere]">
      {t('renamed', {
        count: renamed.length - 1,
        name: visibleName(first.path),
        savedAs: visibleName(first.savedAs),
      })}
    </p>
  )
}
