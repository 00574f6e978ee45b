/** How long a password withstands whoever has the link and tries passwords against it. */
export type PasswordStrength = 'weak' | 'fair' | 'strong'

/** Bits: below, a rented machine that tries some thousand a second needs days; above, more money than any share is worth. */
const FAIR_BITS = 42
const STRONG_BITS = 56

/** What people choose first, whatever they add to it. */
const COMMON =
  /pass ?wor[dt]|passwort|qwert[yz]|asdf|letmein|geheim|secret|hallo|hello|welcome|admin|love|abc123/gi

/** Kinds of characters, and how many there are of each. */
const KINDS: readonly (readonly [RegExp, number])[] = [
  [/\p{Ll}/u, 26],
  [/\p{Lu}/u, 26],
  [/\d/, 10],
  [/[^\p{L}\d]/u, 20],
  [/[^\p{Script=Latin}\p{ASCII}]/u, 1000],
]

/**
 * A rough estimate, never better than what it is: a character counts by the kinds that the password has, one that follows from the one
 * before (`aaa`, `123`, `cba`) hardly, and so does what is chosen by everybody.
 */
export function passwordStrength(password: string): PasswordStrength {
  const rest = password.normalize('NFC').replace(COMMON, 'x')
  const size = KINDS.reduce((sum, [kind, count]) => sum + (kind.test(rest) ? count : 0), 0)
  const characters = [...rest]
  const told = characters.filter((character, at) => {
    const step = (character.codePointAt(0) ?? 0) - (characters[at - 1]?.codePointAt(0) ?? 0)
    return at === 0 || Math.abs(step) > 1
  }).length
  // Words are easier than letters by chance: beyond twelve characters, each counts for half.
  const counted = Math.min(told, 12) + Math.max(0, told - 12) / 2
  const bits = counted * Math.log2(Math.max(2, size))
  // A date, or any number that people know.
  const isNumber = /^[\d\s./-]*$/.test(rest)
  if (bits < FAIR_BITS || isNumber) return 'weak'
  return bits < STRONG_BITS ? 'fair' : 'strong'
}
