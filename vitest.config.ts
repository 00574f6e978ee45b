import { defineConfig } from 'vitest/config'

const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 120_000,
    // Servers, browsers and classic clients share two cores: run their files one after the other.
    fileParallelism: name === 'unit' || name === 'contract',
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', 30_000),
      project('contract', 30_000),
      project('integration', 60_000),
      project('e2e', 180_000),
      project('nat', 180_000),
    ],
  },
})
