import { buildIfStale, isPackage } from '../../pages/build.ts'
import { defineCommand } from '../command.ts'
import { flag, UsageError } from '../options.ts'
import { SETTING_OPTIONS } from '../settings.ts'

/** `npm start`. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'Run the server: pages, tracker and, when asked for, the seeder.',
  operands: '',
  count: [0, 0],
  passesOn: true,
  options: {
    ...SETTING_OPTIONS,
    dev: flag('Serve pages from source, with hot reload.'),
  },
  notes: ['Does what npm start does: builds the pages when they are not current, and serves until Ctrl-C.'],
  examples: [
    ['tabseed serve --port 8080', 'on another port'],
    ['tabseed serve --seeder on --publish-dir /srv/images', 'keeps shares alive and publishes a folder'],
  ],
  async run({ operands }) {
    if (!operands.includes('--dev')) buildIfStale()
    else if (isPackage()) throw new UsageError('--dev needs a checkout of the sources')
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...operands)
    await import('../../main.ts')
    return null
  },
})
