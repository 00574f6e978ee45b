import { z } from 'zod'
import { byteCount, wholeNumber } from './values.ts'

/** How many shares this server has, and for how long. */
export const shareSettings = {
  sharesBudget: byteCount(1).meta({
    description:
      'Bytes that the database of all shares may take: names and piece hashes, no files. When it is full, nothing more is published.',
    default: '10GB',
    example: '50GB',
  }),
  sharesDays: z
    .literal('never')
    .transform(() => null)
    .or(wholeNumber(1, 36_500))
    .meta({
      description:
        'Delete a share after this many days in which nobody had all of it; `never` keeps every link. Shares with web seeds stay.',
      default: '365',
      example: 'never',
    }),
}
