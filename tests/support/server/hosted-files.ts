import { connect } from 'node:net'
import { afterAll, beforeAll, expect } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { noise, tempFolder } from '../content/fixtures.ts'
import { type Published, publishedContent, TestHostedShares } from '../content/hosted-shares.ts'
import { startApp, type TestApp } from './app.ts'

/** Far more than sockets and streams buffer. */
export const BIG = 64 * 1024 * 1024

interface Content {
  /** One file of 100,000 bytes. */
  readonly single: Published
  /** A folder with names that need care. */
  readonly tree: Published
  readonly big: Published
}

/** A server that is the web seed of three shares, for the tests of the file that calls this; there from its `beforeAll` on. */
export function serveHostedFiles() {
  const folder = tempFolder()
  const hosted = new TestHostedShares(folder.path)
  let server: TestApp
  let content: Content
  beforeAll(async () => {
    server = await startApp({}, { hosted })
    content = {
      single: await publishedContent('video.mp4', noise(100_000)),
      tree: await publishedContent('täg', {
        'a.html': noise(1000, 1),
        'b/100%25 #?&+;.txt': noise(2000, 2),
        'b/100%.txt': noise(2100, 9),
        'b/"quoted" \u202egpj.exe': noise(300, 3),
        empty: new Uint8Array(),
        ünï: noise(400, 4),
      }),
      big: await publishedContent('big.bin', new Uint8Array(BIG)),
    }
    for (const published of Object.values(content)) hosted.hold(published)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })
  const urlOf = ({ metainfo }: Published, path: string) => `${server.url}/w/${metainfo.infoHash}/${path}`
  const single100 = () => urlOf(content.single, 'video.mp4')
  return {
    folder,
    hosted,
    get server() {
      return server
    },
    get content() {
      return content
    },
    urlOf,
    /** The address of the one file of 100,000 bytes. */
    single100,
    get: (headers: Record<string, string> = {}, url = single100()) => fetch(url, { headers }),
    /** All the server says to `request` before it closes, as latin-1. */
    raw(request: string): Promise<string> {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      let answer = ''
      socket.setEncoding('latin1').on('data', chunk => {
        answer += chunk
      })
      socket.write(request, 'latin1')
      return new Promise((resolve, reject) => socket.on('close', () => resolve(answer)).on('error', reject))
    },
  }
}

export const etagOf = ({ metainfo }: Published, index: number): string => `"${metainfo.infoHash}-${index}"`

export const bytesOf = async (response: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await response.arrayBuffer())

export async function expectError(response: Response, code: ErrorCode): Promise<void> {
  expect(errorBodySchema.parse(await response.json()).error.code).toBe(code)
}
