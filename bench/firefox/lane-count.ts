import type { ScriptedPage } from '../lines/bare.ts'

/** Lanes of a page: further connections to a peer. */
export interface LaneCount {
  /** At one time. */
  readonly most: number
  readonly now: number
}

interface LaneScope {
  lanes: RTCDataChannel[]
  mostLanes: number
}

/** Runs before the scripts of a page, which itself says nothing about lanes: they are told by the names of their channels. */
export function watchLanes(): void {
  const scope = globalThis as unknown as LaneScope
  scope.lanes = []
  scope.mostLanes = 0
  const { prototype } = RTCPeerConnection
  const create = prototype.createDataChannel
  prototype.createDataChannel = function (label, options) {
    const channel = create.call(this, label, options)
    if (label.startsWith('lane ')) {
      scope.lanes.push(channel)
      channel.addEventListener('open', () => {
        const open = scope.lanes.filter(({ readyState }) => readyState === 'open')
        scope.mostLanes = Math.max(scope.mostLanes, open.length)
      })
    }
    return channel
  }
}

export const countLanes = (page: ScriptedPage): Promise<LaneCount> =>
  page.evaluate(() => {
    const { lanes, mostLanes } = globalThis as unknown as LaneScope
    return { most: mostLanes, now: lanes.filter(({ readyState }) => readyState === 'open').length }
  }, null)
