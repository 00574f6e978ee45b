import { CONNECT_MODES, type ConnectMode } from '../protocol/share.ts'

const KEY = 'tabseed-connect'

/** The stricter of what the operator and what the person wants. */
export const stricter = (one: ConnectMode, other: ConnectMode): ConnectMode =>
  CONNECT_MODES.indexOf(one) > CONNECT_MODES.indexOf(other) ? one : other

/** How this browser is to meet others, as its person chose; `direct` where nothing was chosen or kept. */
export function readConnectMode(): ConnectMode {
  try {
    const kept = localStorage.getItem(KEY)
    return CONNECT_MODES.find(mode => mode === kept) ?? 'direct'
  } catch {
    return 'direct'
  }
}

/** Keep the choice for what is opened from now on. Errors: whatever the browser says where it withholds storage. */
export function keepConnectMode(mode: ConnectMode): void {
  localStorage.setItem(KEY, mode)
}
