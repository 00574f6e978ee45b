import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { escapeXml } from '../../lib/base/escape-xml.ts'
import { chooseLocale } from '../../lib/i18n/locales.ts'
import de from '../../lib/i18n/messages/de.json' with { type: 'json' }
import en from '../../lib/i18n/messages/en.json' with { type: 'json' }
import type { Share } from '../../lib/protocol/share.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import type { Reply } from '../http/reply.ts'
import { shownName } from '../shares/publishing/shown-name.ts'
import type { Shares } from '../shares/shares.ts'

/**
 * The only page that other sites may frame: there is no `frame-ancestors`. Scripts are our own files only; downloads may come from
 * any web seed.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' http: https: ws: wss:",
  "worker-src 'self' blob:",
  // Zips are saved through a URL of our service worker; bundled code creates its style sheets by script.
  "frame-src 'self'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const MESSAGES = { en, de }
const SCRIPT = '<script type="module" src="/embed-frame.js"></script>'

/** `GET /embed/<infohash>`: the widget on a page of its own, for sites that can only frame it. */
export async function framePage(
  shares: Shares,
  name: string,
  query: string,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const wanted = new URLSearchParams(query).get('lang')
  const locale = chooseLocale(undefined, wanted ?? request.headers['accept-language'] ?? null, ['en', 'de'])
  const infoHash = parseInfoHash(name)
  const { embed, errors, units } = MESSAGES[locale]
  let share: Share
  try {
    if (infoHash === null) throw new AppError('share_not_found')
    share = await shares.getBrief(infoHash, origin)
  } catch (reason) {
    if (!(reason instanceof AppError)) throw reason
    return page(
      reason.status,
      locale,
      SCRIPT,
      `<body data-error="${reason.code}"><p role="alert">${escapeXml(errors[reason.code])}</p>`,
      reason.code === 'share_blocked' ? `<p>${escapeXml(reason.detail)}</p>` : '',
    )
  }
  const title = escapeXml(visibleName(shownName(share, locale, units.encryptedShare)))
  return page(
    200,
    locale,
    `<title>${title}</title>`,
    SCRIPT,
    `<body data-share="${share.infoHash}" data-name="${title}" data-size="${share.length}">`,
    `<noscript><a href="/d/${share.infoHash}" target="_blank">${escapeXml(embed.open)}: ${title}</a></noscript>`,
  )
}

function page(status: number, locale: string, ...parts: readonly string[]): Reply {
  const head = [
    `<!doctype html><html lang="${locale}"><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">',
    '<meta name="color-scheme" content="light dark">',
    '<style>body{margin:0;font-family:system-ui,sans-serif}</style>',
  ]
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'no-cache',
      vary: 'accept-language',
    },
    body: [...head, ...parts, ''].join('\n'),
  }
}
