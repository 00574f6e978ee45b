import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A page of somebody else's site. */
interface HostPage {
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A server of another origin, `http://localhost:…`, with what is put on it. */
export interface HostServer {
  readonly origin: string
  /** Put a page (or a script, by its content type) on the server; returns its address. */
  put(path: string, page: HostPage): string
  close(): void
}

/** Start one; `hostname` must lead to this machine. */
export async function startHost(hostname = 'localhost'): Promise<HostServer> {
  const pages = new Map<string, HostPage>()
  const server = createServer((request, response) => {
    const page = pages.get(request.url?.split('?', 1)[0] ?? '')
    response
      .writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...page?.headers })
      .end(page?.body ?? '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://${hostname}:${(server.address() as AddressInfo).port}`
  return {
    origin,
    put(path, page) {
      pages.set(path, page)
      return origin + path
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The snippet of docs/embedding.md for the share at `link`, with more attributes. */
export function snippet(link: string, attributes = ''): string {
  const { origin, pathname } = new URL(link)
  return [
    `<script type="module" src="${origin}/embed.js"></script>`,
    `<tabseed-download share="${pathname.slice(3)}" ${attributes}><a href="${link}">Get it</a></tabseed-download>`,
  ].join('\n')
}

export const html = (...body: readonly string[]): string =>
  `<!doctype html><html lang="en"><title>A page of somebody else</title><body><main><h1>Host</h1>\n${body.join('\n')}\n</main>`
