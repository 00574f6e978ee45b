import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { failOnGatewayErrors } from '../../../lib/react/page/gateway-errors.ts'
import { startApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

/** What a router of Next asks for a page with; here any path will do. */
const PAGE = { headers: { rsc: '1' } }

/** A reverse proxy in front of `port`, as nginx is: while nobody answers there it says so, with `status` and a page of its own. */
async function proxyTo(port: number, status: number) {
  const proxy = createServer((incoming, response) => {
    const { headers, method = 'GET', url: path } = incoming
    const next = request({ host: '127.0.0.1', port, path, method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    next.on('error', () =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
    )
    incoming.pipe(next)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

afterEach(() => vi.unstubAllGlobals())

test.each([502, 503, 504])(
  'a page whose server is away behind a proxy (%i) fails as without one, until it is back',
  async status => {
    // Where a tab has its `fetch`.
    vi.stubGlobal('window', { fetch: globalThis.fetch })
    const undo = failOnGatewayErrors()
    const port = await freePort()
    await using proxy = await proxyTo(port, status)

    // Away: a page fails; whoever asks for something else sees what the proxy says.
    await expect(window.fetch(`${proxy.url}/library`, PAGE)).rejects.toThrow(`away (${status})`)
    const other = await window.fetch(`${proxy.url}/api/ice`)
    expect([other.status, await other.text()]).toEqual([status, '<h1>Bad Gateway</h1>'])

    {
      await using server = await startApp({ TABSEED_PORT: String(port) })
      expect(server.url).toContain(String(port))
      // Back: its own answers pass, also those that say that something is not there.
      expect((await window.fetch(`${proxy.url}/healthz`, PAGE)).status).toBe(200)
      expect((await window.fetch(`${proxy.url}/api/shares/${'0'.repeat(40)}`, PAGE)).status).toBe(404)
    }

    await expect(window.fetch(`${proxy.url}/library`, PAGE)).rejects.toThrow(TypeError)
    undo()
    expect((await window.fetch(`${proxy.url}/library`, PAGE)).status).toBe(status)
  },
)
