import type { InfoHash } from '../../torrent/ids.ts'

/** In the browser's storage: info hashes of shares that it downloads or publishes, as JSON. */
export const KNOWN_KEY = 'tabseed-known'

/** A page whose state does not come for this long is shown as it is; milliseconds. */
export const SETTLE_LIMIT_MS = 3_000

/**
 * For the beginning of a share's page, as a script of its own: a browser that downloads or publishes this share already hides what the
 * server drew for a newcomer (`html[data-settling]` in globals.css) until `useSettled`, instead of moving it when its own state comes. The
 * script itself ends that too, for a page whose own scripts do not come.
 */
export const settlingScript = (infoHash: InfoHash): string =>
  `try{if(JSON.parse(localStorage.getItem('${KNOWN_KEY}')).includes('${infoHash}')){const{dataset}=document.documentElement;dataset.settling='';setTimeout(()=>delete dataset.settling,${2 * SETTLE_LIMIT_MS})}}catch{}`
