import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parseRange } from '../../../lib/play/range.ts'
import { BucketContent } from './bucket-content.ts'
import { type S3Account, signatureFault } from './signature.ts'

export const ACCOUNT: S3Account = { keyId: 'TESTKEYID', secret: 'sEcReT/of+the=test', region: 'test-1' }

const CORS = readFileSync(join(import.meta.dirname, '../../../docs/examples/bucket-cors.xml'), 'utf8')

const STATUS: Readonly<Record<string, number>> = {
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchBucket: 404,
  NotImplemented: 501,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  EntityTooSmall: 400,
  MalformedXML: 400,
  XAmzContentSHA256Mismatch: 400,
  SlowDown: 503,
}

/** An answer of its own to a request; false: the usual one. */
type Interfere = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
) => boolean | Promise<boolean>

/**
 * A storage that speaks as much of S3 as Tabseed and s3cmd need, with one bucket in memory, and refuses what is not signed right. Lists
 * come in pages of two.
 */
export async function startS3(port = 0) {
  const content = new BucketContent()
  /** Method, path and query (without signatures) of each request. */
  const requests: string[] = []
  const s3 = {
    name: 'files',
    content,
    requests,
    url: '',
    port: 0,
    /** Anybody may read. */
    isPublic: false,
    interfere: (() => false) as Interfere,
    now: () => new Date(),
    env: {} as Record<string, string>,
    /** Ends it; what it has stays in `content`. */
    close: async () => {
      server.closeAllConnections()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    },
    /** Goes on where `close` left it. */
    open: async () => {
      server.listen(s3.port, '127.0.0.1')
      await once(server, 'listening')
    },
    [Symbol.asyncDispose]: () => s3.close(),
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://host')
    const body = await buffer(request)
    const shown = [...url.searchParams.keys()].filter(name => !name.startsWith('X-Amz-') && name !== 'x-id')
    requests.push(`${request.method} ${url.pathname}${shown.length > 0 ? `?${shown.join('&')}` : ''}`)
    response.setHeader('access-control-allow-origin', cors('AllowedOrigin'))
    response.setHeader('access-control-expose-headers', cors('ExposeHeader'))
    if (request.method === 'OPTIONS') {
      response.writeHead(200, {
        'access-control-allow-methods': cors('AllowedMethod'),
        'access-control-allow-headers': cors('AllowedHeader'),
      })
      response.end()
      return
    }
    if (await s3.interfere(request, response, body)) return
    const isOpen = s3.isPublic && (request.method === 'GET' || request.method === 'HEAD') && url.search === ''
    const fault = isOpen ? null : signatureFault(ACCOUNT, request, body, s3.now())
    if (fault !== null) return fail(response, fault)
    const [, bucket, ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const key = rest.join('/')
    if (bucket !== s3.name) return fail(response, 'NoSuchBucket')
    if (key === '') return answerBucket(response, request.method ?? '', url.searchParams)
    answerKey({ request, response, body, key, query: url.searchParams })
  }

  function answerBucket(response: ServerResponse, method: string, query: URLSearchParams): void {
    if (method === 'HEAD' || (method === 'PUT' && query.has('cors'))) response.writeHead(200).end()
    else if (method !== 'GET') fail(response, 'NotImplemented')
    else if (query.has('location')) xml(response, 'LocationConstraint', ACCOUNT.region)
    else if (query.has('uploads')) listUploads(response, query)
    else listObjects(response, query)
  }

  function listObjects(response: ServerResponse, query: URLSearchParams): void {
    const after = query.get('continuation-token') ?? query.get('marker') ?? ''
    const keys = [...content.objects.keys()]
      .filter(key => key.startsWith(query.get('prefix') ?? '') && key > after)
      .sort()
    const page = keys.slice(0, 2)
    const more = keys.length > page.length
    const entries = page.map(key => {
      const { bytes, etag, modified } = content.objects.get(key) as NonNullable<
        ReturnType<typeof content.objects.get>
      >
      return `<Contents><Key>${escaped(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    })
    const next = more
      ? `<NextContinuationToken>${escaped(page.at(-1) ?? '')}</NextContinuationToken><NextMarker>${escaped(page.at(-1) ?? '')}</NextMarker>`
      : ''
    xml(
      response,
      'ListBucketResult',
      `<Name>${s3.name}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}`,
    )
  }

  function listUploads(response: ServerResponse, query: URLSearchParams): void {
    const found = [...content.uploads]
      .filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''))
      .map(
        ([id, { at, key }]) =>
          `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`,
      )
    xml(
      response,
      'ListMultipartUploadsResult',
      `<Bucket>${s3.name}</Bucket><IsTruncated>false</IsTruncated>${found.join('')}`,
    )
  }

  function answerKey({
    body,
    key,
    query,
    request,
    response,
  }: {
    request: IncomingMessage
    response: ServerResponse
    body: Buffer
    key: string
    query: URLSearchParams
  }): void {
    const { method } = request
    const id = query.get('uploadId')
    if (method === 'PUT' && id !== null) {
      const etag = content.putPart(id, Number(query.get('partNumber')), body)
      if (etag === null) fail(response, 'NoSuchUpload')
      else response.writeHead(200, { etag: `"${etag}"` }).end()
    } else if (method === 'PUT') {
      response.writeHead(200, { etag: `"${content.put(key, body, kept(request))}"` }).end()
    } else if (method === 'POST' && query.has('uploads')) {
      const started = content.start(key, kept(request))
      xml(
        response,
        'InitiateMultipartUploadResult',
        `<Bucket>${s3.name}</Bucket><Key>${escaped(key)}</Key><UploadId>${started}</UploadId>`,
      )
    } else if (method === 'POST' && id !== null) {
      const result = content.complete(id, partsIn(body.toString()))
      if (result.fault !== undefined) fail(response, result.fault)
      else
        xml(
          response,
          'CompleteMultipartUploadResult',
          `<Key>${escaped(key)}</Key><ETag>&quot;${result.etag}&quot;</ETag>`,
        )
    } else if (method === 'DELETE' && id !== null) {
      if (content.uploads.delete(id)) response.writeHead(204).end()
      else fail(response, 'NoSuchUpload')
    } else if (method === 'DELETE') {
      content.objects.delete(key)
      response.writeHead(204).end()
    } else if (method === 'GET' && id !== null)
      listParts(response, id, Number(query.get('part-number-marker')))
    else if (method === 'GET' || method === 'HEAD') sendObject(request, response, key)
    else fail(response, 'NotImplemented')
  }

  function listParts(response: ServerResponse, id: string, after: number): void {
    const upload = content.uploads.get(id)
    if (!upload) {
      fail(response, 'NoSuchUpload')
      return
    }
    const parts = [...upload.parts].filter(([number]) => number > after).sort(([a], [b]) => a - b)
    const page = parts.slice(0, 2)
    const entries = page.map(
      ([number, { bytes, etag }]) =>
        `<Part><PartNumber>${number}</PartNumber><LastModified>${upload.at.toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${bytes.length}</Size></Part>`,
    )
    xml(
      response,
      'ListPartsResult',
      `<UploadId>${id}</UploadId><IsTruncated>${parts.length > page.length}</IsTruncated><NextPartNumberMarker>${page.at(-1)?.[0] ?? 0}</NextPartNumberMarker>${entries.join('')}`,
    )
  }

  function sendObject(request: IncomingMessage, response: ServerResponse, key: string): void {
    const object = content.objects.get(key)
    if (!object) {
      fail(response, 'NoSuchKey')
      return
    }
    const range = parseRange(request.headers.range ?? null, object.bytes.length)
    if (range === 'unsatisfiable') {
      response.writeHead(416).end()
      return
    }
    const { start, end } = range ?? { start: 0, end: object.bytes.length }
    response.writeHead(range ? 206 : 200, {
      ...object.headers,
      'content-length': end - start,
      'accept-ranges': 'bytes',
      etag: `"${object.etag}"`,
      'last-modified': object.modified.toUTCString(),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${object.bytes.length}` }),
    })
    response.end(request.method === 'HEAD' ? undefined : object.bytes.subarray(start, end))
  }

  s3.port = port
  await s3.open()
  s3.port = (server.address() as AddressInfo).port
  s3.url = `http://127.0.0.1:${s3.port}/${s3.name}`
  s3.env = {
    TABSEED_BUCKET: s3.url,
    TABSEED_BUCKET_REGION: ACCOUNT.region,
    TABSEED_BUCKET_KEY_ID: ACCOUNT.keyId,
    TABSEED_BUCKET_SECRET: ACCOUNT.secret,
  }
  return s3
}

/** What the rules for other origins' pages have of one kind, as docs/bucket.md says to set them. */
const cors = (kind: string): string =>
  [...CORS.matchAll(new RegExp(`<${kind}>(.*?)</${kind}>`, 'g'))].map(([, value]) => value).join(', ')

export type TestS3 = Awaited<ReturnType<typeof startS3>>

function fail(response: ServerResponse, code: string): void {
  xml(response, 'Error', `<Code>${code}</Code><Message>${code}</Message>`, STATUS[code] ?? 403)
}

function xml(response: ServerResponse, root: string, inner: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`,
  )
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, letter => `&#${letter.charCodeAt(0)};`)

/** What of the headers of a request belongs to the object. */
const kept = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    ['content-type', 'content-disposition', 'cache-control'].flatMap(name =>
      typeof headers[name] === 'string' ? [[name, headers[name]]] : [],
    ),
  )

function partsIn(body: string): { number: number; etag: string }[] {
  return [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)</s.exec(part)?.[1] ?? '').replace(/&quot;|&#34;|"/g, ''),
  }))
}
