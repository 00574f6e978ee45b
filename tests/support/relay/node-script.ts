/** A server without pages as a process of its own, set up by its environment (`TABSEED_…`). Tells its parent its URL, and ends with it. */
import { createApp } from '../../../server/app.ts'
import { readConfig } from '../../../server/config/config.ts'

const config = readConfig([], process.env)
if (config === 'help') throw new TypeError('no --help was given')
const app = createApp(config, { pages: 'none' })
process.on('disconnect', () => process.exit())
await app.start()
process.send?.(app.url)
