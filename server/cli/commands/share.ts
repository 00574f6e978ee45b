import { openAsBlob } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import {
  type CreatedShare,
  cachedShareStatusSchema,
  createdShareSchema,
  type Share,
  shareSchema,
} from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { makeEncryptedShare } from '../../node-engine/hashing/make-encrypted-share.ts'
import { makeTorrent, planTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { defineCommand, EXIT } from '../command.ts'
import { PASSWORD_OPTION } from '../encryption/key-input.ts'
import { readLock } from '../encryption/new-key.ts'
import { describeFailure } from '../failure.ts'
import { flag, text, UsageError, type Values, value } from '../options.ts'
import { bytes, type Output } from '../output.ts'
import { END_OPTIONS, givenEnds } from '../publishing/ends.ts'
import { openOwnerKeys } from '../publishing/own-share.ts'
import { givenToken, requirePublisher, TOKEN_OPTIONS, withToken } from '../publishing/publish-token.ts'
import { FIND_OPTIONS, findAll } from '../transfer/find.ts'
import { SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import {
  networkOf,
  openEngine,
  originOf,
  renewRelays,
  request,
  SWARM_OPTIONS,
  serverAt,
} from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'

const POLL_MS = 500

/** What is said of the share. */
const WORD_OPTIONS = {
  title: value('Title on the share page.', 'TEXT', text),
  listed: flag('List it publicly: on the status page and in the feed.'),
  unlisted: flag('Show it only to who has its link: the default, and a change of what was shared before.'),
}

/** Publish and seed, as the publish page does. */
export const share = defineCommand({
  name: 'share',
  summary: 'Publish files and folders on a server, print the link, and seed them.',
  operands: 'PATH…',
  count: [1, Number.POSITIVE_INFINITY],
  options: {
    server: value('The server. Default: $TABSEED_SERVER, or this machine.', 'URL', text, { short: 's' }),
    ...WORD_OPTIONS,
    private: flag('Encrypt it for people who get the link; the key is the part behind the #.'),
    ...PASSWORD_OPTION,
    'own-link': flag('Give it a link of its own, whoever has published the same files before.'),
    'keep-alive': flag('Hand it over to the server, then end.', { short: 'k' }),
    ...END_OPTIONS,
    ...TOKEN_OPTIONS,
    ...FIND_OPTIONS,
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
  },
  notes: [
    'The owner key of what is published here is kept in owner-keys.json below $XDG_STATE_HOME/tabseed (~/.local/state/tabseed), for `tabseed edit` and `tabseed unshare`. Sharing the same files again gives the same link.',
  ],
  examples: [
    ['tabseed share --private --title Summer holiday/', 'encrypted, for whoever gets the link'],
    ['tabseed share holiday/', 'on the server of this machine, until Ctrl-C'],
    [
      'tabseed share --server https://share.example.org --keep-alive image.iso',
      'until that server has it all',
    ],
  ],
  async run({ operands, options, output, signal }) {
    const named = originOf(options.server)
    if (options.listed && options.unlisted) throw new UsageError('--listed or --unlisted, not both')
    const lock = await readLock(options)
    const token = givenToken(options)
    const origin = await serverAt(named)
    await requirePublisher(origin, token)
    const { files, leftOut, renamed } = await findAll(operands, output, options)
    const hashing = output.progress('hashing', planTorrent(files).length)
    const onProgress = (done: number) => hashing.update(done)
    const making = lock
      ? makeEncryptedShare(planTorrent(files), { ...lock, title: options.title ?? '', signal, onProgress })
      : makeTorrent(files, { signal, crossSeed: options['own-link'], onProgress })
    const { metainfo, plan, torrent } = await making.finally(() => hashing.end())

    const network = await networkOf(origin)
    const response = await request(`${origin}/api/shares`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...withToken(token) },
      body: JSON.stringify({
        metainfo: Buffer.from(torrent).toString('base64'),
        ...(lock ? { encrypted: true } : options.title === undefined ? {} : { title: options.title }),
        ...((options.listed || options.unlisted) && { listed: options.listed }),
        ...givenEnds(options),
      }),
    })
    const created = createdShareSchema.parse(await response.json())
    const { links, infoHash } = created.share
    const origins = [named, origin, new URL(links.page).origin]
    const ownerKey = await keepOwnerKey(created, origins, output)
    const isNew = created.ownerKey !== undefined
    const share = isNew ? created.share : await renewWords(created.share, origin, ownerKey, options, output)
    const link = lock ? `${links.page}#${lock.linkKey}` : links.page
    output.result([link], {
      link,
      infoHash,
      ownerKey: ownerKey ?? null,
      isNew,
      leftOut,
      renamed,
    })
    const keep = options['keep-alive']
    if (keep && ownerKey === undefined) {
      const answer = await request(`${origin}/api/shares/${infoHash}/kept`)
      const { asked, kept } = cachedShareStatusSchema.parse(await answer.json())
      if (!asked && kept !== 'yes') throw new AppError('owner_key_missing', links.page)
    } else if (keep) {
      await request(`${origin}/api/shares/${share.infoHash}/kept`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ownerKey}` },
      })
    }

    const engine = openEngine(options, output)
    await renewRelays(engine, origin)
    try {
      const blobs = await Promise.all(plan.files.map(({ location }) => openAsBlob(location)))
      await engine.publish(metainfo, blobs, network)
      if (keep) await handOver(origin, share, output, signal)
      else {
        output.note('seeding; Ctrl-C ends it')
        const status = new SwarmStatus(output, { name: metainfo.name, place: operands.join(' ') })
        await seedUntilGoal(engine, metainfo.infoHash, options, signal, status)
      }
      return EXIT.done
    } finally {
      const uploaded = engine.getSwarm(metainfo.infoHash)?.uploaded ?? 0
      await engine.close()
      output.note(`sent ${bytes(uploaded)}`)
    }
  },
})

/** The owner key of what was just published, or published from here before. It is kept for later commands. */
async function keepOwnerKey(
  { ownerKey, share }: CreatedShare,
  origins: readonly string[],
  output: Output,
): Promise<string | undefined> {
  const keys = openOwnerKeys(output)
  const infoHash = share.infoHash as InfoHash
  try {
    if (ownerKey === undefined) {
      return origins.map(origin => keys.find({ infoHash, origin })).find(key => key !== undefined)
    }
    await keys.keep(infoHash, ownerKey, origins)
    output.note(`owner key kept in ${keys.path}; tabseed unshare LINK deletes the share`)
  } catch (reason) {
    // It comes only once, so it is shown.
    output.warn(
      `the owner key cannot be kept (${describeFailure(reason).detail}); ${ownerKey === undefined ? 'it is not known' : `it is ${ownerKey}`}`,
    )
  }
  return ownerKey
}

/** Of a share that stood before: what was asked for is set by its owner; for anybody else it stays, which is said. */
async function renewWords(
  share: Share,
  origin: string,
  ownerKey: string | undefined,
  options: Values<typeof WORD_OPTIONS> & Values<typeof END_OPTIONS>,
  output: Output,
): Promise<Share> {
  output.note('these files were published before, under the same link')
  const { listed, title, unlisted } = options
  const change = {
    ...givenEnds(options),
    ...(title !== undefined && title !== share.title && { title }),
    ...((listed || unlisted) && listed !== share.listed && { listed }),
  }
  if (Object.keys(change).length === 0) return share
  if (ownerKey === undefined) {
    const stays = [
      ...('title' in change ? ['title'] : []),
      ...('listed' in change ? ['listing'] : []),
      ...('expiresIn' in change || 'downloadsMax' in change ? ['end'] : []),
    ]
    output.warn(`published before by somebody else, whose ${stays.join(' and ')} it keeps`)
    return share
  }
  const response = await request(`${origin}/api/shares/${share.infoHash}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(change),
  })
  return shareSchema.parse(await response.json())
}

/**
 * Resolves when the server has the complete share. Errors: why it cannot (`seeder_full`, …), `server_unreachable`,
 * `cancelled`.
 */
async function handOver(
  origin: string,
  { infoHash, length }: Share,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const progress = output.progress('handing over', length)
  try {
    for (;;) {
      const answer = await request(`${origin}/api/shares/${infoHash}/kept`)
      const { have, kept, problem } = cachedShareStatusSchema.parse(await answer.json())
      progress.update(have)
      if (kept === 'yes') break
      // A full disk may have room again later; other problems are final.
      if (problem !== null && problem !== 'server_full') {
        throw new AppError(problem in ERROR_STATUS ? (problem as ErrorCode) : 'internal', origin)
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => {
        throw new AppError('cancelled')
      })
    }
  } finally {
    progress.end()
  }
  output.note('the server has everything')
}
