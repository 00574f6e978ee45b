import type { TestProject } from 'vitest/node'
import { buildIfStale } from '../../../server/pages/build.ts'
import { startServer, type TestServer } from '../server/test-server.ts'

export type ServerAddress = Pick<TestServer, 'url' | 'announceUrl'>

declare module 'vitest' {
  interface ProvidedContext {
    /** One server for each worker, by `VITEST_POOL_ID`, which counts from 1. */
    readonly servers: readonly ServerAddress[]
  }
}

/** Before any test of a project: the pages are built, and each of its workers gets a server. Returns what ends them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  buildIfStale()
  const workers = Array.from({ length: project.config.maxWorkers })
  const servers = await Promise.all(workers.map(() => startServer()))
  project.provide(
    'servers',
    servers.map(({ url, announceUrl }) => ({ url, announceUrl })),
  )
  return async () => {
    await Promise.all(servers.map(server => server[Symbol.asyncDispose]()))
  }
}
