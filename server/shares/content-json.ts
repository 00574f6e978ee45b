/** Begins the last member of stored content. Quotes in names are escaped, so that its first occurrence is the member itself. */
const FILES = ',"files":['

/** The same member where the files are left out. */
export const NO_FILES = `${FILES}]`

/** Stored content without its files. */
export const headOf = (json: string): string => `${json.slice(0, json.indexOf(FILES))}${NO_FILES}}`

/** The list of files in stored content, both as JSON in UTF-8. Nothing is copied. */
export const filesIn = (json: Buffer): Buffer => json.subarray(json.indexOf(FILES) + FILES.length - 1, -1)
