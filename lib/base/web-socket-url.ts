/** `url`, which begins with `http:` or `https:`, as the address of a WebSocket: `ws:` or `wss:`. */
export const webSocketUrl = (url: string): string => url.replace(/^http/, 'ws')
