import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import { NextIntlClientProvider } from 'next-intl'
import { getLocale, getTranslations } from 'next-intl/server'
import { ThemeProvider } from 'next-themes'
import type { ReactNode } from 'react'
import { FooterLinks } from '../components/operator/footer-links.tsx'
import { PlayServer } from '../components/play/play-server.tsx'
import { DropAnywhere } from '../components/publish/incoming/drop-anywhere.tsx'
import { AwayBanner } from '../components/shell/away-banner.tsx'
import { FocusOnArrival } from '../components/shell/focus-on-arrival.tsx'
import { Header } from '../components/shell/header.tsx'
import { Toasts } from '../components/shell/toasts.tsx'
import { directionOf } from '../lib/i18n/locales.ts'
import { TermsProvider } from '../lib/react/page/use-terms.ts'
import { services } from '../server/pages/services.ts'
import './globals.css'

export async function generateMetadata(): Promise<Metadata> {
  // Awaited first: it makes Next render per request, because a build has none.
  const requestHeaders = await headers()
  const t = await getTranslations('app')
  const title = `${t('name')} · ${t('tagline')}`
  return {
    metadataBase: new URL(services().publicUrl(requestHeaders)),
    title: { default: title, template: `%s · ${t('name')}` },
    description: t('description'),
    openGraph: { type: 'website', siteName: t('name'), title, description: t('description') },
    twitter: { card: 'summary_large_image' },
  }
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf7f1' },
    { media: '(prefers-color-scheme: dark)', color: '#161512' },
  ],
}

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const locale = await getLocale()
  const t = await getTranslations('shell')
  const nonce = (await headers()).get('x-nonce')
  return (
    // next-themes sets the class before React starts.
    <html lang={locale} dir={directionOf(locale)} suppressHydrationWarning>
      <body className="flex min-h-dvh flex-col bg-page font-sans text-base text-ink leading-normal antialiased">
        <a
          href="#main"
          className="sr-only z-50 rounded-control bg-leaf px-4 py-3 font-semibold text-on-leaf focus:not-sr-only focus:fixed focus:top-3 focus:start-3"
        >
          {t('skip')}
        </a>
        <NextIntlClientProvider>
          <ThemeProvider attribute="class" disableTransitionOnChange {...(nonce && { nonce })}>
            <AwayBanner />
            <Header />
            <main id="main" tabIndex={-1} className="mx-auto w-full max-w-4xl grow px-4 outline-none sm:px-6">
              <TermsProvider value={services().terms}>{children}</TermsProvider>
            </main>
            <footer className="mx-auto flex w-full max-w-4xl flex-wrap items-center justify-between gap-x-6 px-4 py-8 text-muted text-sm sm:px-6">
              <p>{t('footer')}</p>
              <FooterLinks {...services().operator} showsStatus={services().monitor.shows !== 'off'} />
            </footer>
            <Toasts />
            <PlayServer />
            <FocusOnArrival />
            <DropAnywhere />
          </ThemeProvider>
        </NextIntlClientProvider>
      </body>
    </html>
  )
}
