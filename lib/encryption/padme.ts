/**
 * `length` rounded up so that it says little of the content: Padmé (PURBs, Nikitin et al. 2019, section 4). At most 12 % more,
 * 3 % of a GiB; lengths up to L have O(log log L) bits of information left. Bytes.
 */
export function padme(length: number): number {
  if (length < 2) return length
  const exponent = floorLog2(length)
  const step = 2 ** Math.max(0, exponent - floorLog2(exponent) - 1)
  return Math.ceil(length / step) * step
}

/** Exact also where `Math.log2` rounds up. */
function floorLog2(value: number): number {
  const guess = Math.floor(Math.log2(value))
  return 2 ** guess > value ? guess - 1 : guess
}
