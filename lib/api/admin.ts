import type { z } from 'zod'
import type { Audit, BlockList, ClusterNodes, FoundShares, Overview, Reports } from '../protocol/admin.ts'
import type { CreatedToken, CreateToken, PublishToken } from '../protocol/publishing.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { bearer, request, requestJson } from './client.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const adminSchemas = () => import('../protocol/admin.ts')
const tokenSchemas = () => import('../protocol/publishing.ts')

/** `/api/admin` with an operator's key. Errors: those of the API, `server_unreachable`. */
export class AdminClient {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  overview = (): Promise<Overview> => this.#get(async () => (await adminSchemas()).overviewSchema, 'overview')

  nodes = (): Promise<ClusterNodes> =>
    this.#get(async () => (await adminSchemas()).clusterNodesSchema, 'nodes')

  reports = (before: number | null): Promise<Reports> =>
    this.#get(async () => (await adminSchemas()).reportsSchema, `reports${queryOf({ before })}`)

  shares = (search: {
    readonly q: string
    readonly only: 'reported' | null
    readonly offset: number | null
  }): Promise<FoundShares> =>
    this.#get(async () => (await adminSchemas()).foundSharesSchema, `shares${queryOf(search)}`)

  blocks = (): Promise<BlockList> => this.#get(async () => (await adminSchemas()).blocksSchema, 'blocks')

  audit = (before: number | null): Promise<Audit> =>
    this.#get(async () => (await adminSchemas()).auditSchema, `audit${queryOf({ before })}`)

  tokens = async (): Promise<readonly PublishToken[]> =>
    (await this.#get(async () => (await tokenSchemas()).publishTokensSchema, 'tokens')).tokens

  createToken = (asked: CreateToken): Promise<CreatedToken> =>
    requestJson(async () => (await tokenSchemas()).createdTokenSchema, '/api/admin/tokens', {
      method: 'POST',
      headers: { ...bearer(this.#key), ...JSON_TYPE },
      body: JSON.stringify(asked),
    })

  async revokeToken(id: string): Promise<void> {
    await this.#send('DELETE', `/api/admin/tokens/${encodeURIComponent(id)}`)
  }

  async closeReport(id: number): Promise<void> {
    await this.#send('DELETE', `/api/admin/reports/${id}`)
  }

  /** Returns how many info hashes it blocks. */
  async block(infoHash: InfoHash, reason: string): Promise<number> {
    const answer = await this.#send('PUT', `/api/shares/${infoHash}/blocked`, JSON.stringify({ reason }))
    return ((await answer.json()) as { readonly blocked: readonly string[] }).blocked.length
  }

  async unblock(infoHash: string, reason: string): Promise<void> {
    await this.#send('DELETE', `/api/shares/${infoHash}/blocked`, JSON.stringify({ reason }))
  }

  /** The block list as text. */
  async exportBlocks(): Promise<string> {
    return (await this.#send('GET', '/api/admin/blocks?format=text')).text()
  }

  async importBlocks(list: string): Promise<{ readonly added: number; readonly known: number }> {
    const type = list.trimStart().startsWith('{') ? JSON_TYPE : { 'content-type': 'text/plain' }
    const headers = { ...bearer(this.#key), ...type }
    const answer = await request('/api/admin/blocks', { method: 'POST', headers, body: list })
    return answer.json() as Promise<{ added: number; known: number }>
  }

  #get<T>(schema: () => Promise<z.ZodType<T>>, path: string): Promise<T> {
    return requestJson(schema, `/api/admin/${path}`, { headers: bearer(this.#key) })
  }

  #send(method: string, path: string, body?: string): Promise<Response> {
    const headers = { ...bearer(this.#key), ...(body !== undefined && JSON_TYPE) }
    return request(path, { method, headers, ...(body !== undefined && { body }) })
  }
}

function queryOf(parameters: Readonly<Record<string, string | number | null>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== '')
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}
