import { expect, test } from 'vitest'
import { chooseEncoding } from '../../../server/http/encoding.ts'

test.each([
  [undefined, null],
  ['', null],
  ['identity', null],
  ['deflate', null],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip;q=0.1', 'gzip'],
  ['br;q=0, gzip;q=0', null],
  ['*', 'br'],
  ['*;q=0', null],
  ['br;q=0, *', 'gzip'],
  ['gzip;q=0.5, identity', null],
  ['gzip;q=0.5, identity;q=0.5', 'gzip'],
  ['identity;q=0, gzip;q=0.2', 'gzip'],
  ['gzip ; q=0.8 , br ; q=0.9', 'br'],
  ['gzip;q=nonsense', null],
])('Accept-Encoding %j takes %j', (accepted, encoding) => {
  expect(chooseEncoding(accepted)).toBe(encoding)
})
