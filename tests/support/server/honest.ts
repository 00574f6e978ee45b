import { expect } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { TestApp } from './app.ts'

/** How long an honest client may wait for an answer while somebody attacks from this same process. */
const PATIENCE_MS = 1_000

/** A request of the client at `address`, as the trusted proxy in front reports it. */
export const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'x-forwarded-for': address },
})

/** `GET /announce` of the client at `address` with that port; the answer as latin-1 text. */
export async function announceFrom(
  url: string,
  infoHash: InfoHash,
  address: string,
  more: { readonly port: number; readonly id?: string; readonly left?: number },
): Promise<string> {
  const { id = `${address} ${more.port}`, left = 1, port } = more
  const peerId = encodeURIComponent(id.padEnd(20).slice(0, 20))
  const query = `info_hash=${infoHash.replace(/../g, '%$&')}&peer_id=${peerId}&port=${port}&left=${left}`
  const response = await fetch(`${url}/announce?${query}`, from(address))
  return Buffer.from(await response.arrayBuffer()).toString('latin1')
}

/**
 * Runs `attack` while an honest client of another address announces `infoHash` and asks whether the server is alive, over
 * and over: every answer must come soon. The server trusts the proxy 127.0.0.1.
 */
export async function whileHonest<T>(
  server: TestApp,
  infoHash: InfoHash,
  attack: () => Promise<T>,
): Promise<T> {
  let isOver = false
  const honest = async () => {
    let answers = 0
    do {
      const start = performance.now()
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
      expect(await announceFrom(server.url, infoHash, '203.0.113.200', { port: 1 })).toContain('interval')
      expect(performance.now() - start, 'milliseconds until an honest client is answered').toBeLessThan(
        2 * PATIENCE_MS,
      )
      answers += 1
      await new Promise(resolve => setTimeout(resolve, 50))
    } while (!isOver)
    return answers
  }
  const honestly = honest()
  try {
    return await Promise.race([attack(), honestly.then(() => new Promise<never>(() => {}))])
  } finally {
    isOver = true
    expect(await honestly).toBeGreaterThan(0)
  }
}
