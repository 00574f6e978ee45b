import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../../base/atomic-write.ts'

/** What a data directory says of the server it belongs to. */
const identitySchema = z.object({ node: z.string(), cluster: z.string() })

const FILE = 'cluster.json'

/** Errors: that the shares of the server with this data directory are in PostgreSQL, and not in a SQLite file that lies there. */
export function refuseMoved(folder: string): void {
  const path = join(folder, FILE)
  if (!existsSync(path)) return
  throw new Error(
    `${folder}: its shares are in PostgreSQL: set TABSEED_DATABASE, or delete ${path} if the SQLite database there is meant`,
  )
}

/**
 * The name of this node: `given`, or one that is made at the first start and kept in `folder`, which is that of one server of
 * one cluster. Errors: that the folder is of another cluster; the file system's own.
 */
export async function nodeName(folder: string, given: string | undefined, cluster: string): Promise<string> {
  const path = join(folder, FILE)
  const known = identitySchema.safeParse(await readJson(path)).data
  if (known !== undefined && known.cluster !== cluster) {
    throw new Error(
      `the data directory was used with another database: name that one, or delete ${path} if this one is meant`,
    )
  }
  const node = given ?? known?.node ?? madeName()
  if (known?.node !== node) await writeAtomic(path, `${JSON.stringify({ node, cluster })}\n`)
  return node
}

const madeName = (): string =>
  `${
    hostname()
      .replace(/[^\w.-]/g, '')
      .slice(0, 40) || 'node'
  }-${randomBytes(2).toString('hex')}`

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (reason) {
    if (reason instanceof SyntaxError || (reason as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw reason
  }
}
