'use client'

import { Moon, Sun } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useTheme } from 'next-themes'
import { Button } from '../ui/button.tsx'

/** CSS selects icon and name, because the server cannot know the theme. */
export function ThemeSwitch() {
  const t = useTranslations('shell')
  const { resolvedTheme, setTheme } = useTheme()
  return (
    <Button
      look="quiet"
      size="icon"
      className="-me-3 noscript:hidden"
      onClick={() => setTheme(resolvedTheme === 'dark' ? 'light' : 'dark')}
    >
      <Moon aria-hidden="true" className="dark:hidden" />
      <span className="sr-only dark:hidden">{t('toDark')}</span>
      <Sun aria-hidden="true" className="hidden dark:block" />
      <span className="sr-only hidden dark:block">{t('toLight')}</span>
    </Button>
  )
}
