import {
  type CreateToken,
  createdTokenSchema,
  type PublishToken,
  publishTokensSchema,
} from '../../../../lib/protocol/publishing.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { byteCount, flag, value, wholeNumber } from '../../options.ts'
import { bytes } from '../../output.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** Who may publish, with `TABSEED_PUBLISH=token`. */
export const tokenCreate = defineCommand({
  name: 'admin token create',
  summary: 'Make a token with which somebody may publish, and print it: it is shown only this once.',
  operands: 'NAME',
  count: [1, 1],
  options: {
    invitation: flag('Print a link that becomes a token in the browser that opens it first.', { short: 'i' }),
    shares: value('Most shares at a time. Default: any number.', 'N', wholeNumber(1, 1_000_000)),
    bytes: value('Most bytes that the server keeps of them. Default: any number.', 'BYTES', byteCount),
    days: value('Days for which it is valid. Default: until it is revoked.', 'N', wholeNumber(1, 36_500)),
    ...OPERATOR_OPTIONS,
  },
  notes: [
    'NAME is for you: it stands in lists, and says whose shares are whose. The server stores only a hash of the token.',
  ],
  examples: [
    ['tabseed admin token create --invitation "Ada"', 'a link to send to Ada'],
    [
      'tabseed admin token create --days 90 --shares 20 --bytes 50GB build-machine',
      'a token for tabseed share, with limits',
    ],
  ],
  async run({ operands: [name = ''], options, output }) {
    const ask = await operatorAt(options)
    const asked: CreateToken = {
      name,
      kind: options.invitation ? 'invitation' : 'token',
      ...(options.shares !== undefined && { shares: options.shares }),
      ...(options.bytes !== undefined && { bytes: options.bytes }),
      ...(options.days !== undefined && { days: options.days }),
    }
    const answer = await ask('POST', 'admin/tokens', asked)
    const created = createdTokenSchema.parse(await answer.json())
    output.note(`its id is ${created.token.id}; tabseed admin token revoke ${created.token.id} takes it back`)
    output.result([created.link ?? created.secret ?? ''], created)
    return EXIT.done
  },
})

export const tokenList = defineCommand({
  name: 'admin token list',
  summary: 'List all tokens, with what is published with each.',
  operands: '',
  count: [0, 0],
  options: OPERATOR_OPTIONS,
  examples: [['tabseed admin token list', 'newest first']],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const { tokens } = publishTokensSchema.parse(await (await ask('GET', 'admin/tokens')).json())
    output.result(tokens.map(lineOf), { tokens })
    return EXIT.done
  },
})

export const tokenRevoke = defineCommand({
  name: 'admin token revoke',
  summary: 'Take tokens back for ever. What was published with them stays.',
  operands: 'ID…',
  count: [1, Number.POSITIVE_INFINITY],
  options: OPERATOR_OPTIONS,
  examples: [['tabseed admin token revoke 0123456789ab', 'the id is in tabseed admin token list']],
  async run({ operands, options, output }) {
    const ask = await operatorAt(options)
    for (const id of operands) await ask('DELETE', `admin/tokens/${encodeURIComponent(id)}`)
    output.result(
      operands.map(id => `revoked ${id}`),
      { revoked: operands },
    )
    return EXIT.done
  },
})

/** `0123456789ab  active    3 of 20 shares, 1.5 GB kept, until 2026-01-02  Ada` */
function lineOf(token: PublishToken): string {
  const { bytes: kept, bytesMax, expiresAt, id, name, shares, sharesMax, state } = token
  const facts = [
    `${sharesMax === null ? shares : `${shares} of ${sharesMax}`} shares`,
    `${bytesMax === null ? bytes(kept) : `${bytes(kept)} of ${bytes(bytesMax)}`} kept`,
    ...(expiresAt === null ? [] : [`until ${expiresAt.slice(0, 10)}`]),
  ]
  return `${id}  ${state.padEnd(7)}  ${facts.join(', ')}  ${visibleName(name)}`
}
