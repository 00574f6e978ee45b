import { openAsBlob } from 'node:fs'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { findFiles } from '../../hashing/local-files.ts'
import { makeTorrent } from '../../hashing/make-torrent.ts'
import { type Command, EXIT, UsageError } from '../command.ts'
import { bytes, Progress } from '../progress.ts'
import { follow, networkOf, openEngine, request, SWARM_OPTIONS, serverOption } from '../swarm.ts'

/** What the publish page does, from a shell. */
export const share: Command = {
  name: 'share',
  usage: 'PATH [options]',
  summary: 'Publish a file or folder on a server, print the link, and seed it.',
  options: {
    server: {
      type: 'string',
      short: 's',
      value: 'url',
      description: 'The server; $TABSEED_SERVER or this machine without.',
    },
    title: { type: 'string', description: 'Title on the share page.' },
    'keep-alive': { type: 'boolean', short: 'k', description: 'Hand it over to the server, then end.' },
    ...SWARM_OPTIONS,
  },
  examples: [
    'tabseed share holiday/',
    'tabseed share --server https://share.example.org --keep-alive image.iso',
  ],
  async run({ positionals, signal, values }) {
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) throw new UsageError('name one file or folder')
    const origin = serverOption(values['server'])
    const { files, skipped } = await findFiles(path)
    for (const name of skipped) process.stderr.write(`left out: ${name}\n`)
    const length = files.reduce((sum, { file }) => sum + file.size, 0)
    const hashing = new Progress('hashing', length)
    const { metainfo, plan, torrent } = await makeTorrent(files, {
      signal,
      onProgress: done => hashing.update(done),
    })
    hashing.end(length)

    const network = await networkOf(origin)
    const response = await request(`${origin}/api/shares`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        metainfo: Buffer.from(torrent).toString('base64'),
        ...(typeof values['title'] === 'string' ? { title: values['title'] } : {}),
      }),
    })
    const { ownerKey, share } = createdShareSchema.parse(await response.json())
    process.stdout.write(
      values['json'] === true
        ? `${JSON.stringify({ link: share.links.page, infoHash: share.infoHash, ownerKey: ownerKey ?? null })}\n`
        : `${share.links.page}\n`,
    )
    const keep = values['keep-alive'] === true
    if (keep && ownerKey === undefined)
      throw new UsageError('this share was published before; its owner can keep it alive')
    if (keep) {
      await request(`${origin}/api/shares/${share.infoHash}/kept`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ownerKey}` },
      })
    }

    const engine = openEngine(values)
    try {
      const blobs = await Promise.all(plan.files.map(({ location }) => openAsBlob(location)))
      await engine.publish(metainfo, blobs, network)
      process.stderr.write(keep ? 'handing over to the server…\n' : 'seeding; Ctrl-C ends it\n')
      await follow(
        engine,
        metainfo.infoHash,
        signal,
        () => undefined,
        // The server is the copy elsewhere that was asked for.
        ({ copies }) => keep && copies >= 1,
      )
      process.stderr.write('the server has everything\n')
      return EXIT.done
    } finally {
      const uploaded = engine.getSwarm(metainfo.infoHash)?.uploaded ?? 0
      await engine.close()
      process.stderr.write(`sent ${bytes(uploaded)}\n`)
    }
  },
}
