import { openAsBlob } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { createdShareSchema, keptSchema, type Share } from '../../../lib/protocol/share.ts'
import { makeTorrent, planTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { defineCommand, EXIT } from '../command.ts'
import { findAll } from '../find.ts'
import { flag, text, UsageError, value } from '../options.ts'
import { bytes, type Output } from '../output.ts'
import { SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import { networkOf, openEngine, originOf, renewRelays, request, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'

const LOOK_MS = 500

/** What the publish page does, from a shell. */
export const share = defineCommand({
  name: 'share',
  summary: 'Publish files and folders on a server, print the link, and seed them.',
  operands: 'PATH…',
  count: [1, Number.POSITIVE_INFINITY],
  options: {
    server: value('The server; $TABSEED_SERVER or this machine without.', 'URL', text, { short: 's' }),
    title: value('Title on the share page.', 'TEXT', text),
    'keep-alive': flag('Hand it over to the server, then end.', { short: 'k' }),
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
  },
  examples: [
    ['tabseed share holiday/', 'on the server of this machine, until Ctrl-C'],
    [
      'tabseed share --server https://share.example.org --keep-alive image.iso',
      'until that server has it all',
    ],
  ],
  async run({ operands, options, output, signal }) {
    const origin = originOf(options.server)
    const files = await findAll(operands, output)
    const hashing = output.progress('hashing', planTorrent(files).length)
    const { metainfo, plan, torrent } = await makeTorrent(files, {
      signal,
      onProgress: done => hashing.update(done),
    }).finally(() => hashing.end())

    const network = await networkOf(origin)
    const response = await request(`${origin}/api/shares`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        metainfo: Buffer.from(torrent).toString('base64'),
        ...(options.title === undefined ? {} : { title: options.title }),
      }),
    })
    const { ownerKey, share } = createdShareSchema.parse(await response.json())
    const { links, infoHash } = share
    output.result([links.page], { link: links.page, infoHash, ownerKey: ownerKey ?? null })
    const keep = options['keep-alive']
    if (keep && ownerKey === undefined)
      throw new UsageError('this share was published before; its owner can keep it alive')
    if (keep) {
      await request(`${origin}/api/shares/${share.infoHash}/kept`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ownerKey}` },
      })
    }

    const engine = openEngine(options)
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

/**
 * Resolves when the server has all of the share. Errors: why it won't (`seeder_full`, …), `server_unreachable`,
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
      const { have, kept, problem } = keptSchema.parse(await answer.json())
      progress.update(have)
      if (kept === 'yes') break
      // A full disk may have room again; anything else is final.
      if (problem !== null && problem !== 'storage_full') {
        throw new AppError(problem in ERROR_STATUS ? (problem as ErrorCode) : 'internal', origin)
      }
      await delay(LOOK_MS, undefined, { signal }).catch(() => {
        throw new AppError('cancelled')
      })
    }
  } finally {
    progress.end()
  }
  output.note('the server has everything')
}
