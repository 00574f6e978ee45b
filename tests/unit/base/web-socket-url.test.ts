import { expect, it } from 'vitest'
import { webSocketUrl } from '../../../lib/base/web-socket-url.ts'

it('keeps everything but the scheme', () => {
  expect(webSocketUrl('http://a.example:3000/announce?own=http')).toBe(
    'ws://a.example:3000/announce?own=http',
  )
  expect(webSocketUrl('https://a.example')).toBe('wss://a.example')
})
