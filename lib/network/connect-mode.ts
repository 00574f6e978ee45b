import { CONNECT_MODES, type ConnectMode } from '../protocol/share-values.ts'

const KEY = 'tabseed-connect'

/** The stricter of two modes: the operator's and this browser's. */
export const stricter = (one: ConnectMode, other: ConnectMode): ConnectMode =>
  CONNECT_MODES.indexOf(one) > CONNECT_MODES.indexOf(other) ? one : other

/** How this browser connects to peers, as chosen in its settings; `direct` when nothing is stored. */
export function readConnectMode(): ConnectMode {
  try {
    const stored = localStorage.getItem(KEY)
    return CONNECT_MODES.find(mode => mode === stored) ?? 'direct'
  } catch {
    return 'direct'
  }
}

/** Stores the choice for swarms that are joined from now on. Throws a `DOMException` where the browser denies storage. */
export function saveConnectMode(mode: ConnectMode): void {
  localStorage.setItem(KEY, mode)
}
