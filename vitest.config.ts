import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LONG } from './tests/support/long.ts'
import { setTemporaryFolder } from './tests/support/temporary.ts'

setTemporaryFolder()

// Servers and commands that tests start find their code compiled: a start costs 2.2 instead of 3.3 CPU seconds.
const COMPILED = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/tabseed') }

const project = (name: string, groupOrder: number, testTimeout: number, options: object) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: LONG ? 1_200_000 : testTimeout,
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

/** `tests/abuse/`: each limit met by an attacker, while an honest client goes on. */
const INTEGRATION = { include: ['tests/integration/**/*.test.ts', 'tests/abuse/**/*.test.ts'] }

const projects = [
  project('unit', 0, 30_000, CORES),
  project('contract', 0, 30_000, CORES),
  project('integration', 1, 60_000, { ...WAITING, ...INTEGRATION }),
  project('nat', 1, 180_000, WAITING),
  project('wan', 1, 180_000, WAITING),
  project('e2e', 2, 180_000, BROWSERS),
]

export default defineConfig({
  test: {
    projects,
    tags: [
      { name: 'long', description: 'Left to `npm run test:long`: another case of what the gate tries.' },
      { name: 'sized', description: 'Small in the gate, at full size in `npm run test:long`.' },
    ],
    // `npm run coverage`: a report, not a demand.
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'server/**/*.ts'],
      reporter: ['text', 'text-summary'],
    },
  },
})
