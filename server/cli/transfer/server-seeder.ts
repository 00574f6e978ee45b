import { AppError } from '../../../lib/base/errors.ts'
import { createLog } from '../../base/log.ts'
import { StartError } from '../../base/start-error.ts'
import { type Config, ConfigError, readConfig } from '../../config/config.ts'
import { seedForServer } from '../../seeder/seed-for-server.ts'
import { type Options, UsageError } from '../options.ts'
import type { Output } from '../output.ts'
import { SETTING_OPTIONS } from '../settings.ts'

/** The server's settings for its seeder and its log, as options. */
export const SERVER_SEEDER_OPTIONS: Options = Object.fromEntries(
  Object.entries(SETTING_OPTIONS).filter(([name]) =>
    /^seeder-(?!address|copies)|^bucket(?!-public)|^(webseed-limit|trusted-proxies|log-level)$/.test(name),
  ),
)

/**
 * Be the seeder of the server at `origin`, until `signal` is aborted. `options` are settings by flag; others come from the
 * environment. Errors: `UsageError`, those of `seedForServer`.
 */
export async function runServerSeeder(
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
  const { seederHttp, seederInsideUrl, seederUrl } = config
  if ((seederHttp === undefined) !== ((seederUrl ?? seederInsideUrl) === undefined)) {
    throw new UsageError(
      '--seeder-http needs --seeder-url or --seeder-inside-url, which say how it is reached, and they need it',
    )
  }
  output.result([`keeping shares alive for ${origin}`], { server: origin })
  try {
    return await seedForServer({ server: origin, token, config, log: createLog(config.logLevel), signal })
  } catch (reason) {
    if (reason instanceof StartError) throw new UsageError(reason.message)
    throw reason
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
