/** Origin of the server that is asked; empty: that of the page. */
let server = ''

/** For code that runs in pages of other origins: ask the server at `origin` (`https://host`). Called once, before anything else. */
export function setServer(origin: string): void {
  server = origin
}

/** Address of `path`, which begins with a slash, on our server. */
export const serverUrl = (path: string): string => `${server}${path}`

/** True in pages of our server, and not in those of others or in a sandbox: ours have a service worker. */
export const isOurPage = (): boolean => server === '' || server === globalThis.origin
