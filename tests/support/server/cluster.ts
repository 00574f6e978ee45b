import { setTimeout as delay } from 'node:timers/promises'
import { startApp, type TestApp } from './app.ts'
import type { TestPostgres } from './postgres.ts'

export const OPERATOR_KEY = 'operator-of-the-cluster'

/** Servers with one database, named `a`, `b` and so on, without limits. */
export async function startNodes(
  postgres: TestPostgres,
  count: number,
  env: Readonly<Record<string, string>> = {},
) {
  const database = await postgres.create()
  const nodes: TestApp[] = []
  const dispose = async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]()
  }
  try {
    for (const name of ['a', 'b', 'c'].slice(0, count)) {
      const settings = { TABSEED_DATABASE: database, TABSEED_NODE: name, TABSEED_OPERATOR_KEY: OPERATOR_KEY }
      nodes.push(await startApp({ ...settings, TABSEED_LIMITS: 'off', ...env }))
    }
  } catch (reason) {
    await dispose()
    throw reason
  }
  return { nodes, database, [Symbol.asyncDispose]: dispose }
}

/** Resolves to what `check` returns as soon as it does not throw; fails with its last error after `limitMs`. */
export async function eventually<T>(check: () => Promise<T>, limitMs: number, everyMs = 20): Promise<T> {
  const limit = performance.now() + limitMs
  for (;;) {
    try {
      return await check()
    } catch (reason) {
      if (performance.now() > limit) throw reason
      await delay(everyMs)
    }
  }
}
