/** Well-known programs by the two letters of an Azureus-style peer id (BEP 20). Browser tabs are not among them. */
const CLIENTS: Readonly<Record<string, string>> = {
  BI: 'BiglyBT',
  DE: 'Deluge',
  KT: 'KTorrent',
  LT: 'libtorrent',
  lt: 'rTorrent',
  qB: 'qBittorrent',
  TR: 'Transmission',
  UT: 'µTorrent',
  WD: 'WebTorrent Desktop',
}

/**
 * Name of the program in a peer id (40 hex digits; BEP 20): `-TR4060-…` is Transmission, `A2-1-36-0-…` is aria2. Empty when
 * unknown. Returns names from our own list only, because peers choose their ids.
 */
export function clientName(peerId: string): string {
  const text = peerId.slice(0, 6).replace(/../g, hex => String.fromCharCode(Number.parseInt(hex, 16)))
  if (text.startsWith('A2-')) return 'aria2'
  return text.startsWith('-') ? (CLIENTS[text.slice(1, 3)] ?? '') : ''
}
