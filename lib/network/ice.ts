import { setBackgroundTimeout } from '../base/timer.ts'
import type { IceConfig } from '../protocol/share.ts'

/** Part of their lifetime after which TURN credentials are renewed, and milliseconds until a failed renewal is retried. */
const RENEW_AT = 0.7
const RETRY_MS = 20_000

/** The answer of `/api/ice` in the form that WebRTC takes. */
export function iceServersOf({ iceServers }: Pick<IceConfig, 'iceServers'>): RTCIceServer[] {
  return iceServers.map(({ urls, username, credential }) => ({
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }))
}

const TURN_URL = /^turns?:/

/** Whether there is a TURN server (RFC 8656; URIs of RFC 7065) among them. */
export const hasRelay = (iceServers: readonly RTCIceServer[]): boolean =>
  iceServers.some(({ urls }) => [urls].flat().some(url => TURN_URL.test(url)))

/** The others. */
export const withoutRelay = (iceServers: readonly RTCIceServer[]): RTCIceServer[] =>
  iceServers
    .map(server => ({ ...server, urls: [server.urls].flat().filter(url => !TURN_URL.test(url)) }))
    .filter(({ urls }) => urls.length > 0)

/**
 * Gives `apply` new TURN credentials before those of `ice` expire, again and again; returns how to stop that. Timed by
 * their lifetime, not by their date, because this computer's clock may be wrong.
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
    timer = setBackgroundTimeout(() => void renew(), milliseconds)
  }
  const renew = async () => {
    try {
      const next = await fetch()
      if (stopped) return
      apply(iceServersOf(next))
      if (next.validFor !== null) renewIn(next.validFor * 1000 * RENEW_AT)
    } catch {
      renewIn(RETRY_MS)
    }
  }
  if (ice.validFor !== null) renewIn(ice.validFor * 1000 * RENEW_AT)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
