import { defineConfig } from 'vitest/config'

const project = (name: string, groupOrder: number, testTimeout: number, files: object = {}) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 120_000,
    sequence: { groupOrder },
    ...files,
  },
})

// Their servers, browsers and classic clients wait for each other most of the time: two files fill two cores.
const TWO = { maxWorkers: 2, globalSetup: 'tests/support/server/build.ts' }

export default defineConfig({
  test: {
    projects: [
      project('unit', 0, 30_000),
      project('contract', 0, 30_000),
      project('integration', 1, 60_000, TWO),
      project('e2e', 2, 180_000, TWO),
      project('nat', 3, 180_000, TWO),
    ],
  },
})
