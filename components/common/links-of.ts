/** A piece of a text; `href` where it is a web address. */
export interface TextPart {
  readonly text: string
  readonly href?: string
}

/** As people write addresses in prose: up to a space, a quote or an angle bracket. */
const ADDRESS = /https?:\/\/[^\s<>"“”„«»]+/gi

/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?…'’*_~]$/

/**
 * `text` in parts, its web addresses apart. Only `http` and `https` are addresses, and none with a user name: those are there to look
 * like another site. Together the parts are the text, unchanged.
 */
export function linksOf(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(match)
    const href = hrefOf(address)
    if (href === null) continue
    if (index > end) parts.push({ text: text.slice(end, index) })
    parts.push({ text: address, href })
    end = index + address.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

/** Without marks of the sentence around it, and without a closing bracket that none in it opens. */
function trimmed(match: string): string {
  let address = match
  for (;;) {
    const isOpen = address.split(')').length > address.split('(').length
    if (!TRAILING.test(address) && !(address.endsWith(')') && isOpen) && !/[\]}]$/.test(address))
      return address
    address = address.slice(0, -1)
  }
}

function hrefOf(address: string): string | null {
  const url = URL.parse(address)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null
  return url.username === '' && url.password === '' ? url.href : null
}
