/** What a proxy answers while the server behind it is away (RFC 9110, sections 15.6.3 to 15.6.5). */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

/**
 * Makes page requests of Next's router fail when a proxy answers that the server is away, as they fail without a proxy: the
 * router then waits for the server. It would leave the page for the proxy's error page otherwise, and end the shares in it.
 * Returns a function that undoes it.
 */
export function failOnGatewayErrors(): () => void {
  const plain = window.fetch
  const patched: typeof fetch = async (input, init) => {
    const response = await plain(input, init)
    const isPage = new Headers(init?.headers).has('rsc')
    if (isPage && AWAY.has(response.status)) throw new TypeError(`the server is away (${response.status})`)
    return response
  }
  window.fetch = patched
  return () => {
    if (window.fetch === patched) window.fetch = plain
  }
}
