import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Servers and commands that tests start find their code compiled: a start costs 2.2 instead of 3.3 CPU seconds.
const COMPILED = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/tabseed') }

const project = (name: string, groupOrder: number, testTimeout: number, options: object) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 120_000,
    sequence: { groupOrder },
    env: COMPILED,
    ...options,
  },
})

// Vitest's default leaves one core to itself, which is half of a machine with two.
const CORES = { maxWorkers: 2 }

// In the gate, what depends on other programs, browsers and networks is tried up to three times. Which test needed that is
// printed by name (scripts/test-report.ts): a bug to look for.
const FURTHER_TRIES = { retry: process.env['CI'] === 'true' ? 2 : 0 }

// These mostly wait, for clients, timers and networks.
const WAITING = { ...FURTHER_TRIES, maxWorkers: 3, globalSetup: 'tests/support/server/build.ts' }
// Browsers keep two cores busy: a third file at once only makes each of them wait longer. Without isolation a worker keeps its
// browser from file to file.
const BROWSERS = {
  ...FURTHER_TRIES,
  ...CORES,
  globalSetup: 'tests/support/browser/worker-servers.ts',
  isolate: false,
}

/** Files with tests that run at full size in `npm run test:long` (tests/support/long.ts). */
const LONG = [
  'tests/abuse/**/*.test.ts',
  'tests/e2e/heal/heal.test.ts',
  'tests/e2e/pages/pages.test.ts',
  'tests/e2e/publish/hashing.test.ts',
  'tests/e2e/transfer/big-file.test.ts',
  'tests/e2e/transfer/limits.test.ts',
  'tests/e2e/transfer/publish-download.test.ts',
  'tests/e2e/transfer/resume.test.ts',
  'tests/integration/cluster/nodes.test.ts',
  'tests/integration/cluster/outage.test.ts',
  'tests/integration/seeder/readers-quit.test.ts',
  'tests/integration/packages/image.test.ts',
  'tests/integration/server/memory.test.ts',
  'tests/integration/storage/opfs-store.test.ts',
  'tests/unit/tracker/relay/simulation.test.ts',
]

/** `tests/abuse/`: each limit met by an attacker, while an honest client goes on. */
const INTEGRATION = { include: ['tests/integration/**/*.test.ts', 'tests/abuse/**/*.test.ts'] }

const gate = [
  project('unit', 0, 30_000, CORES),
  project('contract', 0, 30_000, CORES),
  project('integration', 1, 60_000, { ...WAITING, ...INTEGRATION }),
  project('nat', 1, 180_000, WAITING),
  project('wan', 1, 180_000, WAITING),
  project('e2e', 2, 180_000, BROWSERS),
]

const long = [project('long', 0, 1_200_000, { ...BROWSERS, maxWorkers: 1, include: LONG })]

export default defineConfig({
  test: {
    projects: process.env['TEST_LONG'] === '1' ? long : gate,
    // `npm run coverage`: a report, not a demand.
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'server/**/*.ts'],
      reporter: ['text', 'text-summary'],
    },
  },
})
