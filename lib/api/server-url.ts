/**
 * Origin of the server that this code came from: in the widget's engine, which pages of other origins load. Elsewhere empty,
 * which is the page's own: the address of a bundled module is a path there.
 */
const SERVER = import.meta.url.startsWith('http') ? new URL(import.meta.url).origin : ''

/** URL of `path`, which begins with a slash, on our server. */
export const serverUrl = (path: string): string => `${SERVER}${path}`

/** True in pages of our server, which have a service worker; false in those of others and in a sandbox. */
export const isOurPage = (): boolean => SERVER === '' || SERVER === globalThis.origin
