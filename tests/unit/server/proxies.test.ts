import { describe, expect, test } from 'vitest'
import { proxyFor } from '../../../server/node-engine/proxies.ts'

const through = (env: Record<string, string>, url: string) => proxyFor(new URL(url), env)?.href ?? null

describe('the proxy of an address', () => {
  test.each([
    [{ http_proxy: 'http://p:1' }, 'http://a.example/', 'http://p:1/'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://a.example/', 'http://p:1/'],
    [{ http_proxy: 'http://p:1', HTTP_PROXY: 'http://q:1' }, 'http://a.example/', 'http://p:1/'],
    [{ http_proxy: 'p:1' }, 'http://a.example/', 'http://p:1/'],
    [{ http_proxy: 'http://p:1' }, 'https://a.example/', null],
    [{ https_proxy: 'https://p:1' }, 'https://a.example/', 'https://p:1/'],
    [{ all_proxy: 'http://p:1' }, 'https://a.example/', 'http://p:1/'],
    [{ all_proxy: 'http://p:1', https_proxy: 'http://q:2' }, 'https://a.example/', 'http://q:2/'],
    [{ all_proxy: 'socks5://p:1', https_proxy: 'http://q:2' }, 'https://a.example/', 'http://q:2/'],
    [{ all_proxy: 'socks5://p:1' }, 'https://a.example/', null],
    [{ http_proxy: '' }, 'http://a.example/', null],
  ])('%j, %s: %s', (env, url, proxy) => {
    expect(through(env as Record<string, string>, url)).toBe(proxy)
  })

  test.each([
    ['', 'http://localhost:3000/'],
    ['', 'http://127.0.0.1/'],
    ['', 'http://[::1]:80/'],
    ['', 'http://dev.localhost/'],
    ['*', 'http://a.example/'],
    ['b.example, A.example', 'http://a.example/'],
    ['.example', 'http://a.example/'],
    ['*.example', 'http://a.example/'],
    ['a.example:8080', 'http://a.example:8080/'],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]/'],
  ])('is none with no_proxy "%s" for %s', (direct, url) => {
    expect(through({ http_proxy: 'http://p:1', no_proxy: direct }, url)).toBe(null)
  })

  test.each([
    ['a.example', 'http://b.a.example/'],
    ['a.example:8080', 'http://a.example/'],
    ['example', 'http://a.example/'],
    ['127.0.0.2', 'http://127.0.0.3/'],
  ])('is one with no_proxy "%s" for %s', (direct, url) => {
    expect(through({ http_proxy: 'http://p:1', no_proxy: direct }, url)).toBe('http://p:1/')
  })
})
