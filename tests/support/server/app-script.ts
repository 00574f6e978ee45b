/** A server without pages in a process of its own, with the settings of its environment; its first line says where it is. */
import { createApp } from '../../../server/app.ts'
import { createLog } from '../../../server/base/log.ts'
import { readConfig } from '../../../server/config/config.ts'

const config = readConfig([], process.env)
if (config === 'help') throw new TypeError('no --help was given')
const log = createLog(config.logLevel, line => process.stderr.write(line))
const app = createApp(config, { log, pages: 'none' })
await app.start()
process.stdout.write(`${app.url}\n`)
process.once('SIGTERM', () => {
  app.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
