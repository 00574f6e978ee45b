/**
 * Plain traffic for measuring a line, run in its namespaces. `serve <port>`: over HTTP as many bytes as the path says, and every
 * UDP datagram sent back. `ping <host> <port> <count>`: send that many datagrams, print a JSON array of the round trips
 * in milliseconds of those that came back.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** As many datagrams at a time as any socket's buffer has room for. */
const BATCH = 40
/** Longer than any round trip that is measured. */
const LATE_MS = 200

function serve(port: number): void {
  const chunk = Buffer.alloc(64 * 1024)
  createServer((request, response) => {
    let left = Number(request.url?.slice(1))
    const more = () => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length))
        left -= part.length
        if (!response.write(part)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  }).listen(port, () => {
    const echo = createSocket('udp4')
    echo.on('message', (message, from) => echo.send(message, from.port, from.address))
    echo.bind(port, () => process.stdout.write('serving\n'))
  })
}

async function ping(host: string, port: number, count: number): Promise<void> {
  const socket = createSocket('udp4')
  const sentAt: number[] = []
  const trips: number[] = []
  let back = () => {}
  socket.on('message', message => {
    const sent = sentAt[message.readUInt32BE()]
    if (sent !== undefined) trips.push(performance.now() - sent)
    back()
  })
  while (sentAt.length < count) {
    const before = trips.length
    for (let i = 0; i < BATCH && sentAt.length < count; i++) {
      const message = Buffer.alloc(100)
      message.writeUInt32BE(sentAt.length)
      sentAt.push(performance.now())
      socket.send(message, port, host)
    }
    const allBack = new Promise<void>(resolve => {
      back = () => {
        if (trips.length - before === BATCH) resolve()
      }
    })
    await Promise.race([allBack, delay(LATE_MS)])
  }
  socket.close()
  process.stdout.write(JSON.stringify(trips))
}

const [mode, ...rest] = process.argv.slice(2)
if (mode === 'serve') serve(Number(rest[0]))
else await ping(rest[0] ?? '', Number(rest[1]), Number(rest[2]))
