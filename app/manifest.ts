import type { MetadataRoute } from 'next'
import { getLocale, getTranslations } from 'next-intl/server'

/** What is taken from the share sheet of the system and from its file manager: `components/publish/incoming/incoming-view.tsx`. */
export default async function manifest(): Promise<MetadataRoute.Manifest> {
  const t = await getTranslations()
  return {
    id: '/',
    name: t('app.name'),
    short_name: t('app.name'),
    description: t('app.description'),
    lang: await getLocale(),
    start_url: '/',
    scope: '/',
    display: 'standalone',
    // In the window that is open, shares may be running.
    launch_handler: { client_mode: ['navigate-new', 'auto'] },
    background_color: '#faf7f1',
    theme_color: '#1d6f3a',
    icons: [
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icons/maskable-192.png', sizes: '192x192', type: 'image/png', purpose: 'maskable' },
      { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
    screenshots: [
      { src: '/icons/phone.png', sizes: '780x1688', type: 'image/png', form_factor: 'narrow' },
      { src: '/icons/desktop.png', sizes: '1280x800', type: 'image/png', form_factor: 'wide' },
    ],
    shortcuts: [
      { name: t('library.title'), url: '/library' },
      { name: t('heal.title'), short_name: t('heal.nav'), url: '/heal' },
    ],
    share_target: {
      action: '/share-target',
      method: 'post',
      enctype: 'multipart/form-data',
      params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'files', accept: ['*/*'] }] },
    },
    file_handlers: [{ action: '/', accept: { 'application/x-bittorrent': ['.torrent'] } }],
    protocol_handlers: [{ protocol: 'magnet', url: '/?open=%s' }],
  }
}
