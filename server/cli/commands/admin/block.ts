import { z } from 'zod'
import { parseSourceAddress } from '../../../../lib/api/source-address.ts'
import { AppError } from '../../../../lib/base/errors.ts'
import { BLOCK_REASON_MAX } from '../../../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { UsageError, value } from '../../options.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

const OPTIONS = {
  reason: value(
    'Why, in words. Of a block it is shown to everybody who asks for the share.',
    'TEXT',
    given => {
      if (given.length > BLOCK_REASON_MAX)
        throw new UsageError(`has more than ${BLOCK_REASON_MAX} characters`)
      return given
    },
    { short: 'r' },
  ),
  ...OPERATOR_OPTIONS,
}

const blockedSchema = z.object({ blocked: z.array(z.string()) })
const allowedSchema = z.object({ allowed: z.array(z.string()) })

/** Refuse shares everywhere. */
export const block = defineCommand({
  name: 'admin block',
  summary: 'Block shares: the server deletes them and its copies, and refuses them everywhere, at once.',
  operands: 'LINK…',
  count: [1, Number.POSITIVE_INFINITY],
  options: OPTIONS,
  notes: [
    'LINK is a link, a magnet link or an info hash, of a share that is published or not. The same files under another info hash are blocked too.',
  ],
  examples: [
    [
      'tabseed admin block --reason "Malware" https://share.example.org/d/0123456789abcdef0123456789abcdef01234567',
      'with the reason that people see',
    ],
  ],
  async run({ operands, options, output }) {
    const infoHashes = operands.map(infoHashIn)
    const ask = await operatorAt(options)
    const all: string[] = []
    for (const infoHash of infoHashes) {
      const answer = await ask('PUT', `shares/${infoHash}/blocked`, { reason: options.reason ?? '' })
      all.push(...blockedSchema.parse(await answer.json()).blocked)
    }
    const blocked = [...new Set(all)]
    output.result(
      blocked.map(infoHash => `blocked ${infoHash}`),
      { blocked },
    )
    return EXIT.done
  },
})

/** Undo `block`. */
export const unblock = defineCommand({
  name: 'admin unblock',
  summary: 'Allow blocked shares again: whoever has them may publish them.',
  operands: 'LINK…',
  count: [1, Number.POSITIVE_INFINITY],
  options: OPTIONS,
  examples: [
    ['tabseed admin unblock --reason "Appeal of 3 May" 0123456789abcdef0123456789abcdef01234567', 'and why'],
  ],
  async run({ operands, options, output }) {
    const infoHashes = operands.map(infoHashIn)
    const ask = await operatorAt(options)
    const all: string[] = []
    for (const infoHash of infoHashes) {
      const answer = await ask('DELETE', `shares/${infoHash}/blocked`, { reason: options.reason ?? '' })
      const { allowed } = allowedSchema.parse(await answer.json())
      if (allowed.length === 0) output.warn(`${infoHash} is not blocked`)
      all.push(...allowed)
    }
    const allowed = [...new Set(all)]
    output.result(
      allowed.map(infoHash => `allowed ${infoHash}`),
      { allowed },
    )
    return EXIT.done
  },
})

function infoHashIn(link: string): InfoHash {
  const address = parseSourceAddress(link)
  if (address.kind === 'magnet') return address.magnet.infoHash
  if (address.kind === 'share') return address.infoHash
  throw new AppError('link_invalid', link)
}
