import type { Page } from 'playwright-core'

type StockClient = new (
  options: object,
) => {
  add(torrent: Uint8Array, options: object): { on(event: string, listener: (value: unknown) => void): void }
}

/** What its page has in `globalThis`. */
export interface Liar {
  readonly torrent: { readonly uploaded: number; readonly wires: readonly unknown[] }
}

/** Makes `page`, of the site of stock clients at `stockUrl`, one that claims to have all of a share of `server`, and sends zeros. */
export async function startLiar(
  page: Page,
  stockUrl: string,
  server: { readonly url: string; readonly announceUrl: string },
  infoHash: string,
): Promise<Page> {
  await page.goto(stockUrl)
  const torrent = Buffer.from(await (await fetch(`${server.url}/t/${infoHash}.torrent`)).arrayBuffer())
  await page.addScriptTag({
    type: 'module',
    content: 'import WebTorrent from "/webtorrent.js"; globalThis.WebTorrent = WebTorrent',
  })
  await page.waitForFunction(() => 'WebTorrent' in globalThis)
  await page.evaluate(
    async ([file, announceUrl]) => {
      const { WebTorrent } = globalThis as unknown as { WebTorrent: StockClient }
      const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
      class Zeros {
        chunkLength: number
        constructor(chunkLength: number) {
          this.chunkLength = chunkLength
        }
        get(_index: number, { length }: { length: number }, done: (error: null, bytes: Uint8Array) => void) {
          queueMicrotask(() => done(null, new Uint8Array(length)))
        }
        put() {}
        close() {}
        destroy() {}
      }
      const options = { announce: [announceUrl], store: Zeros, skipVerify: true, storeCacheSlots: 0 }
      const torrent = client.add(Uint8Array.from(file), options)
      Object.assign(globalThis, { torrent })
      await new Promise(resolve => torrent.on('ready', resolve))
    },
    [[...torrent], server.announceUrl] as const,
  )
  return page
}

/** Bytes that it sent. */
export const sentBy = (liar: Page) => liar.evaluate(() => (globalThis as unknown as Liar).torrent.uploaded)
