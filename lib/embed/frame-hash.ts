/**
 * What is behind the `#` of `/embed/<infohash>`, which browsers send to nobody: the key of an encrypted share, and then what tells of
 * it, as in a query (`<key>&name=plans.pdf`).
 */
export type Hidden = Readonly<Partial<Record<'name' | 'label' | 'size', string | undefined>>>

/** The address's `#…` for a key and the texts that are given; empty without a key, when nothing needs hiding. */
export function frameHash(key: string, { label, name, size }: Hidden): string {
  if (key === '') return ''
  const texts = new URLSearchParams({
    ...(name && { name }),
    ...(label && { label }),
    ...(size && { size }),
  }).toString()
  return `#${key}${texts === '' ? '' : `&${texts}`}`
}

/** The same of an address, with or without the `#`. A link has the key alone. */
export function readFrameHash(hash: string): { readonly key: string; readonly hidden: Hidden } {
  const [key = '', ...rest] = hash.replace(/^#/, '').split('&')
  const texts = new URLSearchParams(rest.join('&'))
  const given = (['name', 'label', 'size'] as const).flatMap(name => {
    const text = texts.get(name)
    return text === null ? [] : [[name, text] as const]
  })
  return { key, hidden: Object.fromEntries(given) }
}
