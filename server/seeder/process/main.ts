import { FolderLock } from '../../base/folder-lock.ts'
import { createLog } from '../../base/log.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { setUpProxies } from '../../node-engine/proxies.ts'
import type { FromProcess, SeederOptions, ToProcess } from '../link/messages.ts'
import { Seeder } from './seeder.ts'

/**
 * The seeder in a process of its own, so that a crash of the native WebRTC code takes neither tracker nor pages down.
 * Started by `SeederProcess`, with which it exchanges the messages of `messages.ts`.
 */
const log = createLog('info')
let seeder: Promise<Seeder> | undefined
/** Held until this process ends. */
let lock: FolderLock | undefined

/** It saves its records and leaves its swarms. */
const PREDECESSOR_MS = 10_000

const send = (message: FromProcess) => {
  if (process.connected) process.send?.(message)
}

process.on('message', (message: ToProcess) =>
  handle(message).catch(reason => {
    if (message.do === 'start') fail(reason)
    // One share cannot be cached, seeded or dropped: all others go on.
    else log.error({ err: reason, do: message.do }, 'the seeder could not do what the server asked for')
  }),
)
// The server is gone: there is nobody to seed for.
process.on('disconnect', () => stop().catch(fail))
// Ctrl-C in a terminal reaches every process of the group; the server tells us when to stop.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => stop().catch(fail))
process.on('uncaughtException', fail)
// One operation failed, mostly with one peer, and nobody waited for it: all others go on.
process.on('unhandledRejection', reason => log.error({ err: reason }, 'an operation of the seeder failed'))

async function handle(message: ToProcess): Promise<void> {
  if (message.do === 'start') seeder = start(message.options)
  else if (message.do === 'stop') await stop()
  else if (message.do === 'measure') send({ report: 'memory', bytes: process.memoryUsage.rss() })
  else if (message.do === 'recount') await (await seeder)?.recount()
  else if (message.do === 'ice') await (await seeder)?.setIceServers(message.iceServers)
  else if (message.do === 'keep') await (await seeder)?.cache(message.torrent, message)
  else if (message.do === 'seed') await (await seeder)?.seed(message.torrent, message.locations)
  else if (message.do === 'drop') await (await seeder)?.drop(message.infoHash)
  else if (message.do === 'retain') await (await seeder)?.retain(message.infoHashes)
  else if (message.do === 'check') await (await seeder)?.check(message.infoHash, message.piece)
  else (await seeder)?.touch(message.infoHash, message.bytes)
  await seeder
}

async function start(options: SeederOptions): Promise<Seeder> {
  for (const proxy of setUpProxies(process.env)) log.warn({ proxy }, 'this kind of proxy is not used')
  await makeFolder(options.folder, { mode: 0o700 })
  // When a server was killed, its seeder ends a moment later.
  lock = await FolderLock.takeSoon(options.folder, 'process.lock', PREDECESSOR_MS)
  return Seeder.start(options, send, log)
}

async function stop(): Promise<void> {
  await (await seeder)?.stop()
  lock?.release()
  process.exit(0)
}

function fail(reason: unknown): void {
  const { code, port } = (reason ?? {}) as NodeJS.ErrnoException & { readonly port?: number }
  if (code === 'EADDRINUSE') {
    log.fatal(`the seeder cannot start: port ${port} is taken: choose another with TABSEED_SEEDER_PORT`)
  } else log.fatal({ err: reason }, 'the seeder failed')
  process.exit(1)
}
