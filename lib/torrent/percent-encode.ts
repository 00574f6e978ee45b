/** `text` percent-encoded as UTF-8 down to RFC 3986's unreserved characters; lone surrogates become U+FFFD. */
export function percentEncode(text: string): string {
  // encodeURIComponent leaves five reserved characters as they are and throws on lone surrogates.
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
