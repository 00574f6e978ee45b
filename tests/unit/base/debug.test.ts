import { spawnSync } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import { DebugLog } from '../../../lib/base/debug.ts'

function setUp(patterns: string) {
  const lines: string[] = []
  const log = new DebugLog(patterns, line => lines.push(line))
  return { log, lines }
}

it('writes nothing, and formats nothing, while its namespace is off', () => {
  const { log, lines } = setUp('storage, engine:connecting')
  const format = vi.fn(() => 'text')
  for (const namespace of ['engine:connect', 'engine', 'storage:disk'])
    log.namespace(namespace)('x', { value: { toString: format } })
  log.namespace('engine:connect')('x', { value: { toJSON: format } })
  expect(lines).toEqual([])
  expect(format).not.toHaveBeenCalled()
  setUp('').log.namespace('engine')('x')
})

it('writes time, namespace, message and fields of what is on', () => {
  const { log, lines } = setUp('other engine:*,storage')
  log.namespace('engine:connect')('connected', {
    peer: 'ab12',
    tries: 2,
    why: undefined,
    route: { via: 'relay' },
  })
  log.namespace('storage')('opened')
  log.namespace('tracker')('lost')
  expect(lines).toEqual([
    expect.stringMatching(
      /^\d\d:\d\d:\d\d\.\d{3} engine:connect connected peer=ab12 tries=2 route=\{"via":"relay"\}$/,
    ),
    expect.stringMatching(/ storage opened$/),
  ])
})

it('is switched on for everything by *, and on and off later, as in a worker', () => {
  const { log, lines } = setUp('*')
  const debug = log.namespace('any:thing')
  debug('one')
  log.setPatterns('')
  debug('two')
  log.setPatterns('any:*')
  debug('three')
  expect(lines.map(line => line.split(' ').at(-1))).toEqual(['one', 'three'])
  expect(log.patterns).toBe('any:*')
})

it('tells the cause of an error', () => {
  const { log, lines } = setUp('*')
  log.namespace('x')('failed', { why: new Error('outer', { cause: new TypeError('inner') }) })
  expect(lines[0]).toMatch(/ x failed why=Error: outer \(TypeError: inner\)$/)
})

it('leaves IP addresses out, and nothing else', () => {
  const { log, lines } = setUp('*')
  log.namespace('x')('lost ws://192.168.1.20:8000/announce', {
    a: '2001:db8::1',
    b: '[fe80::1]:443',
    c: '::1',
    d: '::ffff:10.0.0.1',
    url: 'https://files.example:8443/a/b',
    hash: 'c0ffee:1',
    at: '50.5 s',
  })
  expect(lines[0]).toMatch(
    / x lost ws:\/\/\(ip\):8000\/announce a=\(ip\) b=\[\(ip\)\]:443 c=\(ip\) d=\S*\(ip\) url=https:\/\/files\.example:8443\/a\/b hash=c0ffee:1 at=50\.5 s$/,
  )
})

it('is switched on by the environment in Node, and goes to stderr', () => {
  const script = `import { debug } from './lib/base/debug.ts'; debug('engine:connect')('dialled'); debug('storage')('opened')`
  const run = (patterns: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, TABSEED_DEBUG: patterns },
    })
  expect(run('engine:*')).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/^\S+ engine:connect dialled\n$/),
  })
  expect(run('')).toMatchObject({ stdout: '', stderr: '' })
})
