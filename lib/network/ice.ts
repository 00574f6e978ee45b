import type { IceConfig } from '../protocol/share.ts'

/** Part of their life after which TURN credentials are renewed, and milliseconds until a failure is made good. */
const RENEW_AT = 0.7
const RENEW_AGAIN_MS = 20_000

/** The answer of `/api/ice` as WebRTC takes it. */
export function iceServersOf({ iceServers }: Pick<IceConfig, 'iceServers'>): RTCIceServer[] {
  return iceServers.map(({ urls, username, credential }) => ({
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }))
}

const TURN_URL = /^turns?:/

/** Whether one of them relays (RFC 8656). */
export const hasRelay = (iceServers: readonly RTCIceServer[]): boolean =>
  iceServers.some(({ urls }) => [urls].flat().some(url => TURN_URL.test(url)))

/**
 * Ask for new TURN credentials before those of `ice` end, again and again; returns how to stop. By their age, not by the
 * clock: this computer's may be wrong.
 */
export function keepIceFresh(
  ice: IceConfig,
  fetch: () => Promise<IceConfig>,
  apply: (iceServers: RTCIceServer[]) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  const renewIn = (milliseconds: number) => {
    if (stopped) return
    timer = setTimeout(() => void renew(), milliseconds)
    // It does not keep a process alive that has nothing else to do.
    if (typeof timer === 'object') timer.unref()
  }
  const renew = async () => {
    try {
      const next = await fetch()
      if (stopped) return
      apply(iceServersOf(next))
      if (next.validFor !== null) renewIn(next.validFor * 1000 * RENEW_AT)
    } catch {
      renewIn(RENEW_AGAIN_MS)
    }
  }
  if (ice.validFor !== null) renewIn(ice.validFor * 1000 * RENEW_AT)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
