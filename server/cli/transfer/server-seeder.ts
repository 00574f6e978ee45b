import { AppError } from '../../../lib/base/errors.ts'
import { createLog } from '../../base/log.ts'
import { type Config, ConfigError, readConfig } from '../../config/config.ts'
import { seederOptions } from '../../seeder/link/seeder-options.ts'
import { SeederProcess } from '../../seeder/link/seeder-process.ts'
import { ServerConnection } from '../../seeder/link/server-connection.ts'
import { ownQuery } from '../../tracker/seeder-query.ts'
import { type Options, UsageError } from '../options.ts'
import type { Output } from '../output.ts'
import { SETTING_OPTIONS } from '../settings.ts'

/** Of the server's settings, those of its seeder, and what it logs. */
export const SERVER_SEEDER_OPTIONS: Options = Object.fromEntries(
  Object.entries(SETTING_OPTIONS).filter(([name]) => /^seeder-(?!address)|^log-level$/.test(name)),
)

/**
 * Be the seeder of the server at `origin`, until `signal` is aborted: what `SeederProcess` is on the server's own machine,
 * with a WebSocket between. `options` are settings by flag; others come from the environment.
 * Errors: `UsageError`, those of `ServerConnection.run`.
 */
export async function seedForServer(
  origin: string,
  options: Readonly<Record<string, unknown>>,
  output: Output,
  signal: AbortSignal,
): Promise<never> {
  const config = readSettings(options)
  const { seederToken: token } = config
  if (token === undefined) {
    throw new UsageError(
      "--server needs the server's TABSEED_SEEDER_TOKEN, in the environment or as --seeder-token",
    )
  }
  const log = createLog(config.logLevel)
  let iceServers: readonly RTCIceServer[] = []
  let seeder: SeederProcess | undefined
  const start = () =>
    new SeederProcess({
      seeder: seederOptions(config, origin, ownQuery(token)),
      iceServers: () => iceServers,
      memoryMax: config.seederMemory,
      log,
      heed: message => connection.tell(message),
    })
  const connection = new ServerConnection({
    server: origin,
    token,
    log,
    onOpen: () => seeder?.tell({ do: 'recount' }),
    heed: message => {
      // The first thing a server tells.
      if (message.do === 'ice') iceServers = message.iceServers
      seeder ??= start()
      seeder.tell(message)
    },
  })
  output.result([`keeping shares alive for ${origin}`], { server: origin })
  try {
    return await connection.run(signal)
  } finally {
    await (seeder as SeederProcess | undefined)?.stop()
  }
}

function readSettings(options: Readonly<Record<string, unknown>>): Config {
  const given = Object.keys(SERVER_SEEDER_OPTIONS).filter(name => options[name] !== undefined)
  try {
    const config = readConfig(
      given.map(name => `--${name}=${options[name]}`),
      process.env,
    )
    if (config !== 'help') return config
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.problems.join('; '))
    throw error
  }
  throw new AppError('internal')
}
