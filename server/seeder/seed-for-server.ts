import { FolderLock } from '../base/folder-lock.ts'
import type { Log } from '../base/log.ts'
import { makeFolder } from '../base/make-folder.ts'
import type { Config } from '../config/config.ts'
import { toDiskError } from '../node-engine/disk-error.ts'
import { seederQuery } from '../tracker/seeder-query.ts'
import { startFilesServer } from './files-server.ts'
import { seederIdentity } from './link/identity.ts'
import { SEEDER_LOCK, seederFolder, seederOptions } from './link/seeder-options.ts'
import { SeederProcess } from './link/seeder-process.ts'
import { ServerConnection } from './link/server-connection.ts'

interface SeedForServerOptions {
  /** Origin of the server. */
  readonly server: string
  /** Shared secret that the server knows too. */
  readonly token: string
  readonly config: Config
  readonly log: Log
  readonly signal: AbortSignal
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
  const files =
    config.seederHttp &&
    (await startFilesServer({
      ...{ config, folder, log },
      at: config.seederHttp,
      toSeeder: message => seeder?.send(message),
    }).catch(reason => {
      lock.release()
      throw reason
    }))
  const start = () =>
    new SeederProcess({
      seeder: seederOptions(config, server, seederQuery(token)),
      iceServers: () => iceServers,
      memoryMax: config.seederMemory,
      log,
      onMessage: message => {
        files?.copies.onSeeder(message)
        connection.send(message)
      },
    })
  const connection = new ServerConnection({
    server,
    token,
    identity,
    log,
    onOpen: () => {
      files?.copies.connected()
      seeder?.send({ do: 'recount' })
    },
    onClose: () => files?.copies.disconnected(),
    onMessage: message => {
      files?.onServer(message)
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
    await (seeder as SeederProcess | undefined)?.stop()
    lock.release()
  }
}
