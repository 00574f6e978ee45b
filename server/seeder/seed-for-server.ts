import { FolderLock } from '../base/folder-lock.ts'
import type { Log } from '../base/log.ts'
import { makeFolder } from '../base/make-folder.ts'
import type { Config } from '../config/config.ts'
import { toDiskError } from '../node-engine/disk-error.ts'
import { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import { seederQuery } from '../tracker/seeder-query.ts'
import { BucketUploads } from './bucket-uploads.ts'
import { startFilesServer } from './files-server.ts'
import { seederIdentity } from './link/identity.ts'
import type { FromUploader, ToSeeder } from './link/messages.ts'
import { SEEDER_LOCK, seederFolder, seederOptions } from './link/seeder-options.ts'
import { SeederProcess } from './link/seeder-process.ts'
import { ServerConnection } from './link/server-connection.ts'
import { ServedCopies } from './served-copies.ts'

interface SeedForServerOptions {
  /** Origin of the server. */
  readonly server: string
  /** Shared secret that the server knows too. */
  readonly token: string
  readonly config: Config
  readonly log: Log
  readonly signal: AbortSignal
}

/** What uploads to the bucket of the configuration; undefined without one. */
async function openUploads(
  { bucket, bucketKeyId: keyId, bucketRegion, bucketSecret: secret }: Config,
  copies: ServedCopies,
  send: (message: FromUploader) => void,
  log: Log,
): Promise<BucketUploads | undefined> {
  if (bucket === undefined || keyId === undefined || secret === undefined) return undefined
  // The SDK, of some 20 MB, is loaded where there is a bucket.
  const { openS3 } = await import('../bucket/s3.ts')
  return new BucketUploads({
    objects: await openS3({ bucket, bucketRegion, keyId, secret }),
    copies,
    send,
    log,
  })
}

/**
 * Be the seeder of a server on another machine until `signal` is aborted: the same `SeederProcess` as on the server's own
 * machine, at the other end of a WebSocket. Errors: those of `ServerConnection.run`,
 * `folder_in_use`, `storage_failed`, `StartError` where it cannot answer over HTTP.
 */
export async function seedForServer(options: SeedForServerOptions): Promise<never> {
  const { config, log, server, signal, token } = options
  const folder = seederFolder(config)
  await makeFolder(folder, { mode: 0o700 }).catch(reason => {
    throw toDiskError(reason)
  })
  const lock = FolderLock.take(folder, SEEDER_LOCK)
  const identity = await seederIdentity(folder, config, log)
  let iceServers: readonly RTCIceServer[] = []
  let seeder: SeederProcess | undefined
  const metainfo = new MetainfoReader()
  const toSeeder = (message: ToSeeder) => seeder?.send(message)
  const copies = new ServedCopies({ folder, metainfo, toSeeder, log })
  const at = config.seederHttp
  const files =
    at &&
    (await startFilesServer({ at, config, copies, log, seeder: identity.id }).catch(reason => {
      lock.release()
      throw reason
    }))
  const uploads = await openUploads(config, copies, message => connection.send(message), log)
  let isBucketMissed = false
  const start = () =>
    new SeederProcess({
      seeder: seederOptions(config, server, seederQuery(token)),
      iceServers: () => iceServers,
      memoryMax: config.seederMemory,
      log,
      onMessage: message => {
        copies.onSeeder(message)
        connection.send(message)
      },
    })
  const connection = new ServerConnection({
    server,
    token,
    identity,
    log,
    onOpen: () => {
      copies.connected()
      seeder?.send({ do: 'recount' })
    },
    onClose: () => {
      copies.disconnected()
      uploads?.disconnected()
    },
    onUploads: uploads && (message => uploads.onServer(message)),
    onMessage: message => {
      copies.onServer(message)
      if (message.do === 'drop') {
        files?.drop(message.infoHash)
        uploads?.drop(message.infoHash)
      }
      // It would have said so before.
      if (message.do === 'retain' && uploads?.isAllowed === false && !isBucketMissed) {
        isBucketMissed = true
        log.warn('this server has no bucket, or is of an earlier version: nothing is uploaded')
      }
      // The first message of a server.
      if (message.do === 'ice') iceServers = message.iceServers
      seeder ??= start()
      seeder.send(message)
    },
  })
  try {
    return await connection.run(signal)
  } finally {
    await files?.stop()
    await uploads?.stop()
    await metainfo.close()
    await (seeder as SeederProcess | undefined)?.stop()
    lock.release()
  }
}
