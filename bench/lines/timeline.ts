import type { Page } from 'playwright-core'

/** One thing that a page did, in milliseconds after the click. */
interface Moment {
  readonly at: number
  readonly what: string
}

interface TimelineScope {
  moments: { at: number; what: string }[]
}

/** From the next page on, everything on the way to the first bytes is noted. */
export async function watchTimeline(page: Page): Promise<void> {
  await page.addInitScript(note)
}

/** What the page did since its click on Download, in order: requests, tracker, connections, first verified bytes. */
export async function timeline(page: Page, clickedAt: number): Promise<readonly Moment[]> {
  const moments = await page.evaluate(() => {
    const { moments } = globalThis as unknown as TimelineScope
    const requests = performance.getEntriesByType('resource').flatMap(entry => {
      const { initiatorType, name, responseEnd, startTime } = entry as PerformanceResourceTiming
      const path = name.replace(/^[a-z]+:\/\/[^/]+/, '').replace(/[0-9a-f]{40}/, '…')
      const what = `${initiatorType} ${path}`
      return [
        { at: startTime, what: `request ${what}` },
        { at: responseEnd, what: `answered ${what}` },
      ]
    })
    return [...moments, ...requests]
  })
  return moments
    .filter(({ at }) => at >= clickedAt - 5)
    .map(({ at, what }) => ({ at: at - clickedAt, what }))
    .sort((a, b) => a.at - b.at)
}

function note(): void {
  const scope = globalThis as unknown as TimelineScope
  scope.moments = []
  const add = (what: string) => scope.moments.push({ at: performance.now(), what })
  const PlainSocket = WebSocket
  globalThis.WebSocket = class extends PlainSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      add('tracker: socket asked for')
      this.addEventListener('open', () => add('tracker: socket open'))
      this.addEventListener('message', async ({ data }) => {
        const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
        const kind = /"(offer|answer)":\{/.exec(text)?.[1] ?? 'announce answered'
        add(`tracker: ${kind} received`)
      })
    }
    override send(data: string | Blob | BufferSource): void {
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data as Uint8Array)
      const kind = /"offers":\[\{/.test(text) ? 'offers' : /"answer":\{/.test(text) ? 'answer' : 'announce'
      add(`tracker: ${kind} sent`)
      super.send(data)
    }
  }
  let made = 0
  const PlainConnection = RTCPeerConnection
  globalThis.RTCPeerConnection = class extends PlainConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      const name = `connection ${++made}`
      add(`${name}: made`)
      this.addEventListener('icegatheringstatechange', () =>
        add(`${name}: gathering ${this.iceGatheringState}`),
      )
      this.addEventListener('iceconnectionstatechange', () => add(`${name}: ICE ${this.iceConnectionState}`))
      this.addEventListener('connectionstatechange', () => add(`${name}: ${this.connectionState}`))
      const follow = (channel: RTCDataChannel) => {
        channel.addEventListener('open', () => add(`${name}: channel open`))
        let messages = 0
        channel.addEventListener('message', ({ data }) => {
          if (++messages <= 4 || data.byteLength > 10_000) {
            if (messages <= 12) add(`${name}: message of ${data.byteLength ?? data.length} bytes`)
          }
        })
      }
      this.addEventListener('datachannel', ({ channel }) => follow(channel))
      const create = this.createDataChannel.bind(this)
      this.createDataChannel = (label, options) => {
        const channel = create(label, options)
        follow(channel)
        return channel
      }
    }
  }
}
