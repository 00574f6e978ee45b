import type { ClusterNodes } from '../../lib/protocol/admin.ts'
import { json, type Reply } from '../http/reply.ts'
import type { CopyStore } from '../shares/copies/copy-store.ts'

/** Servers write each minute which seeders are connected to them. */
const HERE_MS = 180_000

/** `GET /api/admin/nodes`: `nodes` of the cluster, and all seeders that the database knows. Errors: the database's. */
export async function getNodes(
  nodes: ClusterNodes['nodes'],
  copies: Pick<CopyStore, 'seeders'>,
): Promise<Reply> {
  const now = Date.now()
  const seeders = (await copies.seeders()).map(({ isHere, seenAt, ...seeder }) => ({
    ...seeder,
    seenAt: seenAt.toISOString(),
    isHere: isHere && now - seenAt.getTime() < HERE_MS,
  }))
  const answer: ClusterNodes = { nodes, seeders }
  return json(200, answer)
}
