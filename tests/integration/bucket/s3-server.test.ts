import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { ACCOUNT, startS3, type TestS3 } from '../../support/s3/s3-server.ts'

const MIB = 1024 * 1024

/** The tests of the bucket stand on a storage of their own: here another client, which knows nothing of ours, uses it. */
describe('the storage of the tests, as s3cmd sees it', () => {
  const folder = tempFolder()
  let s3: TestS3
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(async () => {
    await s3.close()
    folder[Symbol.dispose]()
  })

  const s3cmd = async (args: readonly string[], secret = ACCOUNT.secret) => {
    const host = `127.0.0.1:${s3.port}`
    const common = ['--no-ssl', `--host=${host}`, `--host-bucket=${host}`, `--region=${ACCOUNT.region}`]
    const config = join(folder.path, 'config')
    writeFileSync(config, '[default]\nmax_retries = 1\n')
    const key = [`--access_key=${ACCOUNT.keyId}`, `--secret_key=${secret}`, `--config=${config}`]
    const { stdout } = await promisify(execFile)('s3cmd', [...key, ...common, ...args])
    return stdout
  }

  test('is written, listed, read and emptied', async () => {
    const [small, large] = [noise(1000, 1), noise(12 * MIB, 2)]
    const [smallPath, largePath] = [join(folder.path, 'small file'), join(folder.path, 'large')]
    writeFileSync(smallPath, small)
    writeFileSync(largePath, large)
    await s3cmd(['put', smallPath, 's3://files/a/small + file'])
    await s3cmd(['put', '--multipart-chunk-size-mb=5', largePath, 's3://files/a/large'])
    await s3cmd(['put', smallPath, 's3://files/b'])
    expect(s3.content.objects.get('a/large')?.etag).toMatch(/-3$/)
    expect(s3.content.uploads.size).toBe(0)
    const listed = await s3cmd(['ls', '--recursive', 's3://files/'])
    expect(
      listed
        .trim()
        .split('\n')
        .map(line => line.replace(/^.*s3:/, 's3:')),
    ).toEqual(['s3://files/a/large', 's3://files/a/small + file', 's3://files/b'])
    await s3cmd(['get', '--force', 's3://files/a/large', join(folder.path, 'back')])
    expect(readFileSync(join(folder.path, 'back')).equals(large)).toBe(true)
    await s3cmd(['del', 's3://files/b'])
    expect([...s3.content.objects.keys()].sort()).toEqual(['a/large', 'a/small + file'])
  })

  test('lists the parts of an open upload, and forgets it', async () => {
    const id = s3.content.start('open', {})
    for (const number of [1, 2, 3]) s3.content.putPart(id, number, noise(10, number))
    expect(await s3cmd(['multipart', 's3://files'])).toContain(id)
    expect((await s3cmd(['listmp', 's3://files/open', id])).trim().split('\n')).toHaveLength(4)
    await s3cmd(['abortmp', 's3://files/open', id])
    expect(s3.content.uploads.size).toBe(0)
  })

  test('takes the rules of docs/bucket.md for pages', async () => {
    expect(await s3cmd(['setcors', 'docs/examples/bucket-cors.xml', 's3://files'])).not.toContain('ERROR')
    expect(s3.requests.at(-1)).toBe('PUT /files/?cors')
  })

  test('refuses another secret', async () => {
    await expect(s3cmd(['ls', 's3://files/'], 'another')).rejects.toThrow(/SignatureDoesNotMatch/)
  })
})
