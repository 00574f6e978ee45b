import type { Server } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { startStep } from '../base/start-error.ts'
import { WidgetFiles } from '../embed/scripts.ts'
import { createHttpServer } from '../http/http.ts'
import { isLimit } from '../http/limits/limits-met.ts'
import { openPages } from '../pages/next.ts'
import type { AppOptions } from './app-parts.ts'
import type { Foundation } from './foundation.ts'
import type { Holders } from './holders.ts'
import { operatorTexts } from './operator-texts.ts'
import { pageServices } from './page-services.ts'
import type { Registry } from './registry.ts'
import { createRouter } from './routes/all.ts'
import { refuseBlockedPage } from './routes/blocked.ts'
import { routeUpgrades } from './routes/upgrades.ts'

interface FrontParts extends Foundation, Holders, Registry {
  readonly options: AppOptions
  /** Whether each answer is the last of its connection. */
  readonly isStopping: () => boolean
}

/** The HTTP server, with its pages, which does not listen yet. Errors: `StartError`. */
export async function openFront(parts: FrontParts): Promise<Server> {
  const { config, isStopping, late, limitsMet, log, options, origin, remoteSeeders, tracker } = parts
  const { shareCache } = late
  const pages = await openAllPages(parts)
  const server = createHttpServer({
    log,
    origin,
    limited: config.limits,
    isStopping,
    keepAliveMs: options.keepAliveMs,
    stallMs: options.stallMs,
    onFailed: code => isLimit(code) && limitsMet.note(code),
    route: createRouter({ ...parts, shareCache, widget: new WidgetFiles(config) }),
    pages: async (request, response) => {
      const publicUrl = origin.publicUrl(request)
      await refuseBlockedPage(parts, request, response)
      if (pages === null) throw new AppError('route_not_found')
      await pages.handle(publicUrl, request, response)
    },
  })
  const nextServer = config.dev ? pages?.nextServer : undefined
  routeUpgrades(server, { tracker, seeder: remoteSeeders, nextServer })
  return server
}

/** Null without pages. */
async function openAllPages(parts: FrontParts) {
  const { config, late, options, shutdown } = parts
  const texts = await startStep('cannot read TABSEED_TERMS or TABSEED_PRIVACY', () => operatorTexts(config))
  if (options.pages === 'none') return null
  const servicesUnder = pageServices(config, { ...parts, shareCache: late.shareCache, texts })
  const pages = await startStep('cannot load the pages (npm start builds them)', () =>
    openPages({ ...config, servicesUnder }),
  )
  shutdown.on('pages', () => pages.close())
  return pages
}
