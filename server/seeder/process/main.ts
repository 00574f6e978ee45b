import { createLog } from '../../base/log.ts'
import type { FromProcess, ToProcess } from '../link/messages.ts'
import { Seeder } from './seeder.ts'

/**
 * The seeder in a process of its own, so that a crash of the native WebRTC code takes neither tracker nor pages down.
 * Started by `SeederProcess`, which speaks `messages.ts` with it.
 */
const log = createLog('info')
let seeder: Promise<Seeder> | undefined

const tell = (message: FromProcess) => {
  if (process.connected) process.send?.(message)
}

process.on('message', (message: ToProcess) => void obey(message).catch(fail))
// Nobody to seed for any more.
process.on('disconnect', () => void stop())
// Ctrl-C in a terminal reaches every process of the group; the server says when to stop.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => void stop())
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

async function obey(message: ToProcess): Promise<void> {
  if (message.do === 'start') seeder = Seeder.start(message.options, tell)
  else if (message.do === 'stop') await stop()
  else if (message.do === 'measure') tell({ told: 'memory', bytes: process.memoryUsage.rss() })
  else if (message.do === 'recount') await (await seeder)?.recount()
  else if (message.do === 'ice') await (await seeder)?.setIceServers(message.iceServers)
  else if (message.do === 'keep') await (await seeder)?.keep(message.torrent, message)
  else if (message.do === 'seed') await (await seeder)?.seed(message.torrent, message.locations)
  else if (message.do === 'drop') await (await seeder)?.drop(message.infoHash)
  else if (message.do === 'retain') await (await seeder)?.retain(message.infoHashes)
  else (await seeder)?.touch(message.infoHash, message.bytes)
  await seeder
}

async function stop(): Promise<void> {
  await (await seeder)?.stop()
  process.exit(0)
}

function fail(reason: unknown): void {
  log.fatal({ err: reason }, 'the seeder failed')
  process.exit(1)
}
