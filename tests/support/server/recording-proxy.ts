import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** What passed between clients and a server. */
interface RecordingProxy extends Disposable {
  readonly url: string
  /** All bytes of both directions, one connection's after the other's as they came. */
  readonly bytes: () => Buffer
}

/** A proxy in front of the server at `url` that keeps every byte. */
export async function recordTraffic(url: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(url)
  const kept: Buffer[] = []
  const server = createServer(client => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', chunk => kept.push(chunk as Buffer))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => Buffer.concat(kept),
    [Symbol.dispose]: () => {
      server.close()
    },
  }
}
