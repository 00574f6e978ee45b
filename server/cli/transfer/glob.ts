/**
 * Whether a file name matches a glob as mktorrent's `-e` takes it (`fnmatch` of POSIX.1, section 2.13, without flags):
 * `*` any text, a leading dot included, `?` one character, `[a-z]` and `[!a-z]` one of a set, `\` takes the next
 * character as it is.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${toExpression(pattern)}$`, 'su')
  return name => expression.test(name)
}

const TOKEN =
  /\\(?<literal>.)|\[(?<not>[!^])?(?<set>(?:\]|\[:\w+:\]|[^\]])(?:\[:\w+:\]|[^\]])*)\]|(?<other>.)/gsu

function toExpression(pattern: string): string {
  return [...pattern.matchAll(TOKEN)]
    .map(({ groups = {} }) => {
      const { literal, not, other, set } = groups
      if (literal !== undefined) return literally(literal)
      if (set !== undefined) return `[${not ? '^' : ''}${toSet(set)}]`
      if (other === '*') return '.*'
      if (other === '?') return '.'
      return literally(other ?? '')
    })
    .join('')
}

/** `text` as a regular expression that matches exactly it. */
const literally = (text: string): string =>
  [...text].map(character => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('')

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '\\p{L}\\p{N}',
  alpha: '\\p{L}',
  digit: '0-9',
  lower: '\\p{Ll}',
  punct: '\\p{P}\\p{S}',
  space: '\\s',
  upper: '\\p{Lu}',
  xdigit: '0-9A-Fa-f',
}

/** A reversed range and an unknown class match nothing, as in `fnmatch`. */
function toSet(set: string): string {
  return [...set.matchAll(/\[:(?<name>\w+):\]|(?<from>.)(?:-(?<to>.))?/gsu)]
    .map(({ groups = {} }) => {
      const { from = '', name, to } = groups
      if (name !== undefined) return CLASSES[name] ?? ''
      if (to === undefined) return literally(from)
      return from <= to ? `${literally(from)}-${literally(to)}` : ''
    })
    .join('')
}
