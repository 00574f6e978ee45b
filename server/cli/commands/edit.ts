import { shareSchema, type UpdateShare } from '../../../lib/protocol/share.ts'
import { defineCommand, EXIT } from '../command.ts'
import { flag, UsageError, value } from '../options.ts'
import { END_OPTIONS, givenEnds } from '../publishing/ends.ts'
import { findOwnShare, KEY_OPTION, openOwnerKeys } from '../publishing/own-share.ts'
import { request } from '../transfer/swarm.ts'

const words = (given: string) => given

/** Change what is said of a share. */
export const edit = defineCommand({
  name: 'edit',
  summary: 'Change the title, the description, the listing or the end of a share.',
  operands: 'LINK',
  count: [1, 1],
  options: {
    title: value('Title on the share page; empty: none.', 'TEXT', words),
    description: value('Description on the share page; empty: none.', 'TEXT', words),
    listed: flag('List it publicly: on the status page and in the feed.'),
    unlisted: flag('Show it only to who has its link.'),
    ...END_OPTIONS,
    'owner-key': KEY_OPTION,
  },
  examples: [
    [
      'tabseed edit https://share.example.org/d/0123456789abcdef0123456789abcdef01234567 --title "Holiday" --unlisted',
      'another title, and out of the lists',
    ],
  ],
  async run({ operands: [link = ''], options, output }) {
    const { description, listed, title, unlisted } = options
    if (listed && unlisted) throw new UsageError('--listed or --unlisted, not both')
    const change: UpdateShare = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...((listed || unlisted) && { listed }),
      ...givenEnds(options),
    }
    if (Object.keys(change).length === 0) {
      throw new UsageError(
        'it needs --title, --description, --listed, --unlisted, --expires or --max-downloads',
      )
    }
    const { infoHash, origin, ownerKey } = await findOwnShare(
      link,
      openOwnerKeys(output),
      options['owner-key'],
    )
    const response = await request(`${origin}/api/shares/${infoHash}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(change),
    })
    const share = shareSchema.parse(await response.json())
    // A private share is never listed.
    if (listed && !share.listed) output.warn('it is private, and so it is not listed')
    output.result([share.links.page], {
      link: share.links.page,
      infoHash,
      title: share.title,
      description: share.description,
      listed: share.listed,
      expiresAt: share.expiresAt,
      downloadsMax: share.downloadsMax,
    })
    return EXIT.done
  },
})
