import { defineCommand, EXIT } from '../command.ts'
import { describeFailure } from '../failure.ts'
import { findOwnShare, KEY_OPTION, openOwnerKeys } from '../publishing/own-share.ts'
import { request } from '../transfer/swarm.ts'

/** Delete shares that were published from here. */
export const unshare = defineCommand({
  name: 'unshare',
  summary: 'Delete shares from their server: their links end. Files stay as they are.',
  operands: 'LINK…',
  count: [1, Number.POSITIVE_INFINITY],
  options: { 'owner-key': KEY_OPTION },
  notes: ['A link that fails does not keep the others from being deleted; the exit code is 1 then.'],
  examples: [
    [
      'tabseed unshare https://share.example.org/d/0123456789abcdef0123456789abcdef01234567',
      'what tabseed share published from here',
    ],
  ],
  async run({ operands, options, output }) {
    const keys = openOwnerKeys(output)
    const deleted: string[] = []
    const failed: { link: string; error: ReturnType<typeof describeFailure> }[] = []
    for (const link of operands) {
      try {
        const { infoHash, origin, ownerKey } = await findOwnShare(link, keys, options['owner-key'])
        await request(`${origin}/api/shares/${infoHash}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${ownerKey}` },
        })
        await keys.forget({ infoHash, origin })
        deleted.push(link)
      } catch (reason) {
        const error = describeFailure(reason)
        failed.push({ link, error })
        output.warn(`${link}: ${error.message}${error.detail && ` (${error.detail})`}`)
      }
    }
    output.result(
      deleted.map(link => `deleted ${link}`),
      { deleted, failed },
    )
    return failed.length === 0 ? EXIT.done : EXIT.failed
  },
})
