import { setFlagsFromString } from 'node:v8'
import { createApp } from './app.ts'
import { onInterrupt } from './base/interrupt.ts'
import { createLog } from './base/log.ts'
import { notifyService, type ServiceState } from './base/service/service-notify.ts'
import { StartError } from './base/start-error.ts'
import { type Config, ConfigError, helpText, readConfig } from './config/config.ts'

/**
 * How much the heap may grow until V8 looks for garbage, in percent. By itself V8 waits until a small heap is four times as
 * large, and what the pages' buffers take in that time does not go back to the system.
 */
const HEAP_GROWTH_PERCENT = 40

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
const config = loadConfig()
const log = createLog(config.logLevel)
const app = createApp(config, { log })
// Before the start: a signal that comes as soon as the address is printed, or sooner, still stops in order.
onInterrupt(
  signal => stop(signal).catch(fail),
  () => process.exit(1),
)
try {
  await app.start()
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
tell('READY=1')
process.stdout.write(`Tabseed is at ${config.publicUrl ?? app.url}\n`)

/** A service manager that does not hear it waits, or ends us: nothing that this process could do better. */
function tell(state: ServiceState): void {
  notifyService(state).catch(reason => log.warn({ err: reason, state }, 'systemd was not told'))
}

function fail(reason: unknown): void {
  log.fatal({ err: reason }, 'cannot stop in order')
  process.exit(1)
}

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping')
  tell('STOPPING=1')
  await app.stop()
  log.info('stopped')
  process.exit(0)
}

function loadConfig(): Config {
  try {
    const config = readConfig(process.argv.slice(2), process.env)
    if (config !== 'help') return config
    process.stdout.write(helpText())
    process.exit(0)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`Tabseed cannot start:\n${error.problems.map(problem => `  ${problem}\n`).join('')}`)
    process.exit(2)
  }
}
