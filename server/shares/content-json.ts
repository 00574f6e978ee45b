/** Begins the last member of stored content. Quotes in names are escaped, so that its first occurrence is the member itself. */
export const FILES = ',"files":['

/** Stored content without its files, and the list of these, both as JSON. */
export function splitContent(json: string): { readonly rest: string; readonly filesJson: string } {
  const files = json.indexOf(FILES)
  return { rest: `${json.slice(0, files)}${FILES}]}`, filesJson: json.slice(files + FILES.length - 1, -1) }
}
