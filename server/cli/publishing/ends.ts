import { DOWNLOADS_MAX } from '../../../lib/protocol/lifetime.ts'
import type { UpdateShare } from '../../../lib/protocol/share.ts'
import { lifetime, UsageError, type Values, value, wholeNumber } from '../options.ts'

/** Options of the commands that say until when a link works. */
export const END_OPTIONS = {
  expires: value(
    'End the link after this time from now, 1h to 365d, or never. Default: as the server has it.',
    'TIME',
    lifetime,
  ),
  'max-downloads': value('End the link after so many complete downloads; any: not by that.', 'N', given => {
    if (given === 'any') return null
    try {
      return wholeNumber(1, DOWNLOADS_MAX)(given)
    } catch {
      throw new UsageError(`must be any, or a whole number from 1 to ${DOWNLOADS_MAX}`)
    }
  }),
}

/** What was given of them, as the API takes it. */
export const givenEnds = (
  options: Values<typeof END_OPTIONS>,
): Pick<UpdateShare, 'expiresIn' | 'downloadsMax'> => ({
  ...(options.expires !== undefined && { expiresIn: options.expires }),
  ...(options['max-downloads'] !== undefined && { downloadsMax: options['max-downloads'] }),
})
