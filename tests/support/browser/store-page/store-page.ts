import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { AppError } from '../../../../lib/base/errors.ts'
import type { DiskKit, DiskStore } from '../../contracts/disk-contract.ts'
import type { Sample } from '../../contracts/store-contract.ts'
import { sized } from '../../long.ts'
import type { Answer, Calls, PlainMetainfo } from './entry.ts'

const root = join(import.meta.dirname, '../../../..')

/** A page on 127.0.0.1 that has `OpfsStore` and nothing else; `entry` is the module it runs. */
export async function serveStorePage(
  entry = join(root, 'tests/support/browser/store-page/entry.ts'),
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; close(): void }> {
  const modules: Record<string, string> = {
    '/page.js': await bundleOurs(entry),
    '/opfs-worker.ts': await bundleOurs(join(root, 'lib/storage/opfs/opfs-worker.ts')),
    ...more,
  }
  const server = createServer((request, response) => {
    const module = modules[request.url ?? '']
    const html = '<!doctype html><title>store</title><script type="module" src="/page.js"></script>'
    response
      .writeHead(200, { 'content-type': module === undefined ? 'text/html' : 'text/javascript' })
      .end(module ?? html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

/** One module of ours for a browser; the worker is served beside it, as a module of its own. */
export async function bundleOurs(input: string): Promise<string> {
  const build = await rolldown({
    input,
    platform: 'browser',
    // The engine loads it when it looks for peers.
    external: ['webtorrent'],
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  return output[0].code
}

/** A tab with the store page, in whichever browser. */
export interface StoreTab {
  /** `callStore` of entry.ts. */
  call(name: keyof Calls, args: readonly unknown[]): Promise<Answer<unknown>>
  /** End the tab at once. */
  kill(): Promise<void>
}

/** Longest that a tab may take for one call, in milliseconds: Firefox takes half a minute for a thousand files. */
const CALL_LIMIT_MS = sized({ gate: 60_000, long: 120_000 })

/** Rejects with an error that names `what` when `work` takes longer than a call may. */
async function inTime<Value>(what: string, work: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const limit = setTimeout(() => late.reject(new Error(`no answer: ${what}`)), CALL_LIMIT_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(limit)
  }
}

/**
 * Stores in a browser, driven from here. A tab that does not answer costs one test its try: it is left and the next call has
 * a new one. When that cannot be had either, every later call fails at once.
 */
export class BrowserKit implements DiskKit {
  readonly #openTab: () => Promise<StoreTab>
  /** Rejected once no tab can be had. */
  #tab: Promise<StoreTab>

  private constructor(openTab: () => Promise<StoreTab>) {
    this.#openTab = () => inTime('a new tab', openTab())
    this.#tab = this.#openTab()
  }

  static async start(openTab: () => Promise<StoreTab>): Promise<BrowserKit> {
    const kit = new BrowserKit(openTab)
    await kit.#tab
    return kit
  }

  async open({ metainfo }: Sample, selected: readonly number[]): Promise<DiskStore> {
    const { infoBytes: _, irregularities: __, pieces, ...rest } = metainfo
    const plain: PlainMetainfo = { ...rest, pieces: Buffer.from(pieces).toString('base64') }
    const { id, report } = await this.call('open', plain, selected)
    const store = new BrowserStore(this, id, report, metainfo.pieceCount)
    await store.look()
    return store
  }

  async kill(): Promise<void> {
    const tab = await this.#tab
    await this.#orNewTab('the end of the tab', tab.kill())
    this.#renewTab()
    await this.#tab
  }

  sizes({ metainfo }: Sample): Promise<Record<string, number>> {
    return this.call('sizes', metainfo.infoHash)
  }

  async tamper(...[{ metainfo }, name, change]: Parameters<DiskKit['tamper']>): Promise<void> {
    if (!change) return this.call('remove', metainfo.infoHash, name)
    const bytes = Buffer.from(change.bytes ?? []).toString('base64')
    await this.call('change', metainfo.infoHash, name, change.size, bytes)
  }

  /** Errors: those of the call, as they are in the page. */
  async call<Name extends keyof Calls>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    const tab = await this.#tab
    const answer = (await this.#orNewTab(name, tab.call(name, args))) as Answer<
      Awaited<ReturnType<Calls[Name]>>
    >
    if (answer.failure) throw new AppError(answer.failure.code, answer.failure.detail)
    return answer.value
  }

  /** What the tab answers; when it is gone or silent, an error, and the next call has a new tab. */
  async #orNewTab<Value>(what: string, work: Promise<Value>): Promise<Value> {
    const tab = this.#tab
    try {
      return await inTime(what, work)
    } catch (error) {
      // Of several calls to one tab the first to fail renews it.
      if (tab === this.#tab) this.#renewTab()
      throw error
    }
  }

  #renewTab(): void {
    this.#tab = this.#openTab()
    // Whoever calls next is told.
    this.#tab.catch(() => undefined)
  }
}

class BrowserStore implements DiskStore {
  readonly kind = 'disk'
  readonly have: Uint8Array<ArrayBuffer>
  readonly report: DiskStore['report']
  pendingBytes = 0
  readonly #kit: BrowserKit
  readonly #id: number

  constructor(kit: BrowserKit, id: number, report: DiskStore['report'], pieceCount: number) {
    this.#kit = kit
    this.#id = id
    this.report = report
    this.have = new Uint8Array(Math.ceil(pieceCount / 8))
  }

  async look(): Promise<void> {
    this.have.set(Buffer.from(await this.#kit.call('have', this.#id), 'base64'))
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return decode(await this.#kit.call('read', this.#id, index, offset, length))
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.pendingBytes += bytes.length
    try {
      return await this.#kit.call('write', this.#id, index, Buffer.from(bytes).toString('base64'))
    } finally {
      this.pendingBytes -= bytes.length
      await this.look().catch(() => undefined)
    }
  }

  select(files: readonly number[]): Promise<void> {
    return this.#kit.call('select', this.#id, files)
  }

  /** A Blob here whose bytes are those of the Blob there, read when they are asked for. */
  async file(index: number): Promise<Blob> {
    const id = await this.#kit.call('file', this.#id, index)
    const bytes = async () => (await decode(await this.#kit.call('fileBytes', id))).buffer
    return Object.assign(new Blob(), { arrayBuffer: bytes })
  }

  close(): Promise<void> {
    return this.#kit.call('close', this.#id)
  }

  async destroy(): Promise<void> {
    await this.#kit.call('destroy', this.#id)
    await this.look()
  }
}

const decode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'))
