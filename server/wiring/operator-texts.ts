import { readFile } from 'node:fs/promises'
import type { Config } from '../config/config.ts'
import type { OperatorText, OperatorTexts } from '../pages/services.ts'

/** Longest text, in bytes: every visitor of its page gets all of it. */
const TEXT_MAX_BYTES = 256 * 1024

/** Terms and privacy statement as configured. Errors: the file system's own, `RangeError` for a file that is too large. */
export async function operatorTexts({
  privacy,
  terms,
}: Pick<Config, 'privacy' | 'terms'>): Promise<OperatorTexts> {
  return { terms: await read(terms), privacy: await read(privacy) }
}

async function read(place: string | undefined): Promise<OperatorText> {
  if (place === undefined) return null
  if (/^https?:\/\//i.test(place)) return { url: place }
  const bytes = await readFile(place)
  if (bytes.length > TEXT_MAX_BYTES) throw new RangeError(`${place} has more than ${TEXT_MAX_BYTES} bytes`)
  return {
    text: bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .replace(/\r\n?/g, '\n')
      .trim(),
  }
}
