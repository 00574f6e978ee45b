/** Origin of the server; empty for the page's own. */
let server = ''

/** Sets the server for code in pages of other origins: `origin` is `https://host`. Call once, before any request. */
export function setServer(origin: string): void {
  server = origin
}

/** URL of `path`, which begins with a slash, on our server. */
export const serverUrl = (path: string): string => `${server}${path}`

/** True in pages of our server, which have a service worker; false in those of others and in a sandbox. */
export const isOurPage = (): boolean => server === '' || server === globalThis.origin
