/**
 * `npm run test:long` runs some tests at sizes that the gate has no time for: many kills, rates, gigabytes. In the gate the
 * same tests check the same properties with less.
 */
export const LONG = process.env['TEST_LONG'] === '1'

declare module 'vitest' {
  interface TestTags {
    /**
     * `long`: one more case of what the gate tries (another browser, router, size of window), or one that takes long: not in the
     * gate. `sized`: uses `LONG` or `sized`. Both are run by `npm run test:long`.
     */
    tags: 'long' | 'sized'
  }
}

/** What a test uses in the gate, and in `npm run test:long`. */
export const sized = <T>(sizes: { readonly gate: T; readonly long: T }): T => (LONG ? sizes.long : sizes.gate)
