import { FolderDown, Wrench } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { LocaleSwitch } from './locale-switch.tsx'
import { Logo } from './logo.tsx'
import { SharingCount } from './sharing-count.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { WatchedInboxes } from './watched-inboxes.tsx'

export function Header() {
  const t = useTranslations()
  return (
    <header className="mx-auto flex w-full max-w-4xl items-center px-4 py-3 sm:gap-1 sm:px-6 print:hidden">
      <Link href="/" className="me-auto flex min-h-11 items-center gap-2 rounded-control pe-2">
        <Logo className="size-8" />
        {/* The number of shares needs its room on the narrowest phones. */}
        <span className="font-bold text-xl tracking-tight max-[22.5rem]:sr-only">{t('app.name')}</span>
      </Link>
      <SharingCount />
      <WatchedInboxes />
      <Link
        href="/library"
        className="flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-control px-2 font-semibold text-sm hover:bg-sunken"
      >
        <FolderDown aria-hidden="true" className="size-5" />
        <span className="sr-only sm:not-sr-only">{t('library.title')}</span>
      </Link>
      <Link
        href="/heal"
        className="flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-control px-2 font-semibold text-sm hover:bg-sunken"
      >
        <Wrench aria-hidden="true" className="size-5" />
        <span className="sr-only sm:not-sr-only">{t('heal.nav')}</span>
      </Link>
      <LocaleSwitch />
      <ThemeSwitch />
    </header>
  )
}
