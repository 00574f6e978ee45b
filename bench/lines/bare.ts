import type { Measured } from './measured.ts'

/** A page of any browser, as far as scripts are run in it. */
export interface ScriptedPage {
  evaluate<Result, Argument>(
    script: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>
}

/** What the pages keep between the steps of a run. */
interface BareScope {
  connections: RTCPeerConnection[]
  channels: RTCDataChannel[]
  /** So many bytes have come. */
  onBytes: (length: number) => void
}

/**
 * `count` data channels between two pages, each in an RTCPeerConnection of its own, nothing hashed or kept: what the transport alone
 * can do. Sends `bytes`, or as much as goes in `limitMs`.
 */
export async function measureBare(
  sender: ScriptedPage,
  receiver: ScriptedPage,
  count: number,
  bytes: number,
  limitMs: number,
): Promise<Measured> {
  const offers = await sender.evaluate(offer, count)
  const answers = await receiver.evaluate(answer, offers)
  await sender.evaluate(accept, answers)
  const received = receiver.evaluate(receive, { bytes, limitMs })
  await sender.evaluate(send, { bytes, limitMs })
  return received
}

/** Closes everything of the run before. */
async function offer(count: number): Promise<string[]> {
  const scope = globalThis as unknown as BareScope
  for (const connection of scope.connections ?? []) connection.close()
  scope.connections = Array.from({ length: count }, () => new RTCPeerConnection())
  scope.channels = scope.connections.map(connection => connection.createDataChannel('bare'))
  return Promise.all(
    scope.connections.map(async connection => {
      await connection.setLocalDescription(await connection.createOffer())
      await new Promise<void>(resolve => {
        const look = () => connection.iceGatheringState === 'complete' && resolve()
        connection.onicegatheringstatechange = look
        look()
      })
      return connection.localDescription?.sdp ?? ''
    }),
  )
}

async function answer(offers: string[]): Promise<string[]> {
  const scope = globalThis as unknown as BareScope
  for (const connection of scope.connections ?? []) connection.close()
  scope.connections = offers.map(() => new RTCPeerConnection())
  scope.onBytes = () => {}
  return Promise.all(
    scope.connections.map(async (connection, at) => {
      connection.ondatachannel = ({ channel }) => {
        channel.binaryType = 'arraybuffer'
        channel.onmessage = ({ data }) => scope.onBytes(data.byteLength)
      }
      await connection.setRemoteDescription({ type: 'offer', sdp: offers[at] ?? '' })
      await connection.setLocalDescription(await connection.createAnswer())
      await new Promise<void>(resolve => {
        const look = () => connection.iceGatheringState === 'complete' && resolve()
        connection.onicegatheringstatechange = look
        look()
      })
      return connection.localDescription?.sdp ?? ''
    }),
  )
}

async function accept(answers: string[]): Promise<void> {
  const { channels, connections } = globalThis as unknown as BareScope
  await Promise.all(
    connections.map(async (connection, at) => {
      await connection.setRemoteDescription({ type: 'answer', sdp: answers[at] ?? '' })
      const channel = channels[at]
      if (channel && channel.readyState !== 'open')
        await new Promise(resolve => {
          channel.onopen = resolve
        })
    }),
  )
}

async function receive(options: { bytes: number; limitMs: number }): Promise<Measured> {
  const scope = globalThis as unknown as BareScope
  const start = performance.now()
  let first = 0
  let last = start
  let got = 0
  await new Promise<void>(resolve => {
    setTimeout(resolve, options.limitMs)
    scope.onBytes = length => {
      last = performance.now()
      first ||= last - start
      got += length
      if (got >= options.bytes) resolve()
    }
  })
  return { bytes: got, seconds: (last - start) / 1000, firstBytes: first / 1000 }
}

/** Each channel takes from the one heap of messages, so that a slow one holds up nothing. */
async function send(options: { bytes: number; limitMs: number }): Promise<void> {
  const { channels } = globalThis as unknown as BareScope
  const message = new Uint8Array(64 * 1024)
  const end = performance.now() + options.limitMs
  let left = Math.ceil(options.bytes / message.length)
  await Promise.all(
    channels.map(async channel => {
      channel.bufferedAmountLowThreshold = 256 * 1024
      while (left > 0 && performance.now() < end) {
        if (channel.bufferedAmount > 1024 * 1024) {
          await new Promise<void>(resolve => {
            channel.onbufferedamountlow = () => resolve()
            setTimeout(resolve, 1000)
          })
          continue
        }
        left--
        channel.send(message)
      }
    }),
  )
}
