import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

export interface Listening extends AsyncDisposable {
  readonly port: number
  /** What it was asked. */
  readonly asked: readonly string[]
}

export async function listen(server: Server, asked: readonly string[]): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Answers everything, upgrades too, with a redirect to the same path at `target`. */
export function redirector(target: string, status: number): Promise<Listening> {
  const asked: string[] = []
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    response.writeHead(status, { location: `${target}${incoming.url}` }).end()
  })
  server.on('upgrade', ({ url }, socket) => {
    asked.push(`UPGRADE ${url}`)
    socket.end(`HTTP/1.1 ${status} Moved\r\nlocation: ${target}${url}\r\ncontent-length: 0\r\n\r\n`)
  })
  return listen(server, asked)
}

/** An HTTP proxy that alone knows where `inside.invalid` is. What it is asked to upgrade it drops, as many do. */
export function proxy(): Promise<Listening> {
  const asked: string[] = []
  const resolve = (host: string) => (host === 'inside.invalid' ? '127.0.0.1' : host)
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const { hostname, pathname, port, search } = new URL(incoming.url ?? '')
    const { headers, method = 'GET' } = incoming
    const next = request(
      { host: resolve(hostname), port, path: pathname + search, method, headers },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    next.on('error', () => response.destroy())
    incoming.pipe(next)
  })
  server.on('connect', (incoming, client, head) => {
    asked.push(`CONNECT ${incoming.url}`)
    const [host = '', port] = (incoming.url ?? '').split(':')
    const next = connect(Number(port), resolve(host), () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      next.write(head)
      next.pipe(client)
      client.pipe(next)
    })
    next.on('error', () => client.destroy())
    client.on('error', () => next.destroy())
  })
  return listen(server, asked)
}
