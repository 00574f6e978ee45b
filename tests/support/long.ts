/**
 * `npm run test:long` runs some tests at sizes that the gate has no time for: many kills, rates, gigabytes. In the gate the
 * same tests check the same properties with less.
 */
export const LONG = process.env['TEST_LONG'] === '1'

/** What a test uses in the gate, and in `npm run test:long`. */
export const sized = <T>(sizes: { readonly gate: T; readonly long: T }): T => (LONG ? sizes.long : sizes.gate)
