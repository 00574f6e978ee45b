/** The one file of an encrypted share, as everybody sees it. Eight digits, so that two of them can lie in one folder. */
const OUTER_NAME = /^encrypted-[0-9a-f]{8}\.tabseed$/

/** Whether a share is an encrypted one, by the name of its content: it says nothing else. */
export const isEncryptedName = (name: string): boolean => OUTER_NAME.test(name)

/** The name for a share with this key check. */
export function outerName(keyCheck: Uint8Array): string {
  const digits = [...keyCheck.subarray(0, 4)].map(byte => byte.toString(16).padStart(2, '0'))
  return `encrypted-${digits.join('')}.tabseed`
}
