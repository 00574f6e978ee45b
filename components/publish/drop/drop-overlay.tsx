import { FolderDown } from 'lucide-react'
import { useTranslations } from 'next-intl'

/** Covers the page while files are dragged over it, so that they can be dropped anywhere. */
export function DropOverlay() {
  const t = useTranslations('publish')
  return (
    <div className="fixed inset-0 z-50 grid place-items-center bg-page/85 p-4">
      <div className="grid size-full place-items-center rounded-card border-4 border-leaf border-dashed bg-leaf-soft/70">
        <p className="flex flex-col items-center gap-4 font-bold text-3xl text-leaf">
          <FolderDown aria-hidden="true" className="size-14" />
          {t('dropNow')}
        </p>
      </div>
    </div>
  )
}
