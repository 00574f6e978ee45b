import { AppError } from '../../../lib/base/errors.ts'
import { HEADER_BYTES, readHeader } from '../../../lib/encryption/header.ts'
import { requireKey } from '../../../lib/encryption/manifest.ts'
import { openShare } from '../../../lib/encryption/opened-share.ts'
import { isEncrypted } from '../../../lib/encryption/outer.ts'
import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import type { Values } from '../options.ts'
import type { Output } from '../output.ts'
import { readSource, requireSources, resolveSource, type Source } from '../transfer/source.ts'
import { openEngine } from '../transfer/swarm.ts'
import { type KEY_OPTIONS, readKey, type Unlocked } from './key-input.ts'

interface Opening extends Values<typeof KEY_OPTIONS> {
  readonly dht: boolean
}

/**
 * The share with the files inside, if it is encrypted: its first bytes, which list them, come from its swarm. Other shares as they
 * are. Errors: `key_missing`, `key_wrong`, `password_wrong`, `content_forged`, `no_sources`, `cancelled`.
 */
export async function openSource(
  text: string,
  { metainfo, network }: Source,
  engine: SwarmEngine,
  options: Opening,
  signal: AbortSignal,
): Promise<Metainfo> {
  if (!isEncrypted(metainfo)) return metainfo
  const key = await readKey(text, options)
  if (key === null) throw new AppError('key_missing', metainfo.name)
  requireSources(network, options)
  await engine.join(metainfo, [], network, new MemoryStore(metainfo))
  try {
    return await openShare(metainfo, { ...key, head: await fetchHead(metainfo, key, engine, signal) })
  } finally {
    await engine.leave(metainfo.infoHash)
  }
}

/** The metainfo that `source` names, opened if it is encrypted. Errors: those of `readSource` and `openSource`. */
export async function readOpened(
  source: string,
  options: Opening,
  output: Output,
  signal: AbortSignal,
): Promise<Metainfo> {
  const outside = await readSource(source, options, output, signal)
  if (!isEncrypted(outside)) return outside
  const engine = openEngine(options, output)
  try {
    const found = await resolveSource(source, engine, options, signal)
    return await openSource(source, found, engine, options, signal)
  } finally {
    await engine.close()
  }
}

async function fetchHead(
  metainfo: Metainfo,
  { secret }: Unlocked,
  engine: SwarmEngine,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = readHeader(await fetchBytes(engine, metainfo, HEADER_BYTES, signal), metainfo)
  // Before megabytes are fetched in vain.
  await requireKey(header, secret)
  return fetchBytes(engine, metainfo, header.contentStart, signal)
}

/** The first `count` bytes of the content. */
async function fetchBytes(
  engine: SwarmEngine,
  { infoHash }: Metainfo,
  count: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count)
  const reader = engine.read(infoHash, 0, count).getReader()
  const cancel = () => {
    reader.cancel().catch(() => undefined)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    let done = 0
    while (done < count && !signal.aborted) {
      const { value } = await reader.read()
      if (value === undefined) break
      bytes.set(value, done)
      done += value.length
    }
    if (signal.aborted || done < count) throw new AppError('cancelled')
    return bytes
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
