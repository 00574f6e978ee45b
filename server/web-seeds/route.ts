import type { IncomingMessage } from 'node:http'
import type { RequestOrigin } from '../http/origin.ts'
import type { Reply } from '../http/reply.ts'
import type { Route } from '../http/router.ts'
import { type FilesElsewhere, isForHere, type OwnFile } from './files-elsewhere.ts'
import { WEB_SEED_HEADERS, WEB_SEED_PREFLIGHT } from './head.ts'
import { isDamage, type WebSeed } from './web-seed.ts'

interface FileServices {
  /** Sends readers to the bucket; undefined without one. */
  readonly redirect:
    | {
        answer(hash: string, path: string, request: IncomingMessage, own?: OwnFile): Promise<Reply | null>
      }
    | undefined
  readonly elsewhere: FilesElsewhere
  readonly origin: RequestOrigin
  readonly webSeed: WebSeed
}

/** Files of shares over plain HTTP: from the bucket, from here, or from seeders elsewhere; and what is damaged here from either of the others. */
export function fileRoute({ elsewhere, origin, redirect, webSeed }: FileServices): Route {
  return {
    path: /^\/w\/([^/]*)(?:\/(.*))?$/,
    methods: {
      get: async ({ name, query, request, rest: path }) => {
        // Who was sent here is not sent to another seeder, so that nobody is sent around in a circle.
        const isLast = isForHere(query)
        const other = isLast
          ? null
          : ((await redirect?.answer(name, path, request)) ?? (await elsewhere.answer(name, path, request)))
        if (other) return other
        try {
          return await webSeed.answer(name, path, request, origin.network(request), async (range, signal) =>
            isLast ? null : elsewhere.rest(name, path, request, range, signal),
          )
        } catch (reason) {
          if (!isDamage(reason)) throw reason
          const whole = isLast ? null : await elsewhere.answer(name, path, request, 'damaged')
          const found = whole ?? (await redirect?.answer(name, path, request, 'damaged'))
          if (!found) throw reason
          return found
        }
      },
    },
    headers: WEB_SEED_HEADERS,
    preflight: WEB_SEED_PREFLIGHT,
  }
}
