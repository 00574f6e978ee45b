import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { startServer } from '../../support/server/test-server.ts'

const LIMIT = { timeout: 60_000, interval: 100 }

test('a seeder whose port another program has says so in a line without a stack, and starts once it is free', async () => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  try {
    await using server = await startServer([], {
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: String(port),
    })
    const line = `port ${port} is taken: choose another with TABSEED_SEEDER_PORT`
    await vi.waitFor(() => expect(server.log()).toContain(line), LIMIT)
    expect(server.log()).not.toContain('"stack"')
    other.close()
    await vi.waitFor(() => expect(server.log()).toContain('seeder listening'), LIMIT)
  } finally {
    other.close()
  }
})
