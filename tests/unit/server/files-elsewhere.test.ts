import { expect, test } from 'vitest'
import { publicHolders } from '../../../server/web-seeds/files-elsewhere.ts'

const holder = (url: string) => ({ url, insideUrl: 'http://10.0.0.2', isOwn: false })
const named = (...hosts: string[]) => hosts.map(host => holder(`https://${host}.test`))

test('up to three holders are named, each once, and never the server itself', () => {
  const all = [...named('a', 'a', 'us'), holder(''), ...named('b', 'c', 'd')]
  expect(publicHolders(all, 'https://us.test')).toEqual([
    'https://a.test',
    'https://b.test',
    'https://c.test',
  ])
})

test('nobody is sent from https to http', () => {
  expect(publicHolders([holder('http://a.test')], 'https://us.test')).toEqual([])
  expect(publicHolders([holder('http://a.test')], 'http://us.test')).toEqual(['http://a.test'])
})
