const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/

/** Whether `url` names the device that opens it (RFC 6761, RFC 6890), so that on another one it leads elsewhere. */
export const isOfThisDevice = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)
