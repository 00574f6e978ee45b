const UNITS = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
}

/** A whole number of bytes, or null: `500kB` and `10M` count in thousands, `10MiB` and `1Gi` in 1024s. */
export function parseByteCount(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) *([kmgt]?i?)b?$/i.exec(text) ?? []
  const bytes = Math.round(Number(amount) * UNITS[unit.toLowerCase() as keyof typeof UNITS])
  return Number.isSafeInteger(bytes) ? bytes : null
}
