import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../../base/atomic-write.ts'
import type { Log } from '../../base/log.ts'
import { readState } from '../../base/read-state.ts'
import { isOrigin } from '../../config/values.ts'

/** Who a seeder is, for as long as its folder lives. */
export interface SeederIdentity {
  /** Made at its first start and kept in its folder: whoever has these copies is this seeder. */
  readonly id: string
  /** For people. */
  readonly name: string
  /** What fails together, such as a house or a provider; empty where nobody said. */
  readonly zone: string
  /** Origins at which its files are below `/w/`, for everybody and for servers alone; empty where there are none. */
  readonly url: string
  readonly insideUrl: string
}

const label = z
  .string()
  .max(60)
  .regex(/^[\w.:@ -]*$/)

const address = z
  .string()
  .max(300)
  .refine(text => text === '' || isOrigin(text))
  .transform(text => (text === '' ? '' : new URL(text).origin))
  .default('')

const identity = z.object({
  id: z.string().regex(/^[\w-]{8,64}$/),
  name: label,
  zone: label.default(''),
  url: address,
  insideUrl: address,
})

/** A seeder of an earlier version says nothing of itself. */
const UNNAMED: SeederIdentity = { id: 'unnamed-', name: 'seeder', zone: '', url: '', insideUrl: '' }

const FILE = 'seeder.json'
const fileSchema = z.object({ id: identity.shape.id })

interface Given {
  readonly seederName?: string | undefined
  readonly seederZone?: string | undefined
  readonly seederUrl?: string | undefined
  readonly seederInsideUrl?: string | undefined
}

/**
 * The identity of the seeder whose copies are in `folder`, made there if there is none yet; the rest is as configured.
 * Errors: the file system's own.
 */
export async function seederIdentity(folder: string, given: Given, log: Log): Promise<SeederIdentity> {
  const path = join(folder, FILE)
  const known = readState(path, fileSchema, log)
  const id = known?.id ?? randomUUID()
  if (known === null) await writeAtomic(path, `${JSON.stringify({ id })}\n`)
  const name =
    given.seederName ??
    hostname()
      .replace(/[^\w.-]/g, '')
      .slice(0, 40)
  const { seederInsideUrl: insideUrl = '', seederUrl: url = '', seederZone: zone = '' } = given
  return { id, name: name || 'seeder', zone, url, insideUrl }
}

/** The query with which a seeder says at its connection who it is, and whether it would upload to the bucket. */
export const identityQuery = (identity: SeederIdentity, { uploads }: { readonly uploads: boolean }): string =>
  `?${new URLSearchParams({ ...identity, ...(uploads && { uploads: '1' }) })}`

/** Whether the query of a request target says that a seeder would upload to the bucket. */
export const uploadsIn = (target: string): boolean =>
  new URLSearchParams(target.split('?', 2)[1] ?? '').get('uploads') === '1'

/** Who the query of a request target says that a seeder is; null where it is not valid. */
export function identityIn(target: string): SeederIdentity | null {
  const query = new URLSearchParams(target.split('?', 2)[1] ?? '')
  if (!query.has('id')) return UNNAMED
  return identity.safeParse(Object.fromEntries(query)).data ?? null
}
