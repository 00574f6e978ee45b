import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

const EXAMPLES = join(import.meta.dirname, '../../../docs/examples')
const folder = tempFolder()
const at = (name: string) => join(folder.path, name)
let trusting: TestApp
let wary: TestApp

beforeAll(async () => {
  trusting = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
  wary = await startApp()
  const certificate = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', [...certificate, ...subject, '-keyout', at('key.pem'), '-out', at('cert.pem')], {
    stdio: 'ignore',
  })
})
afterAll(async () => {
  await Promise.all([trusting[Symbol.asyncDispose](), wary[Symbol.asyncDispose]()])
  folder[Symbol.dispose]()
})

/** What `tabseed doctor` says of a server behind a proxy, by the name of each check. */
async function doctor(origin: string, authority: string): Promise<Record<string, string>> {
  const { stdout } = await startCommand(
    folder.path,
    [process.execPath, LAUNCHER, 'doctor', '--json', '--server', origin],
    { NODE_EXTRA_CA_CERTS: authority },
  ).ended
  const { checks } = JSON.parse(stdout)
  return Object.fromEntries(
    checks.map(({ level, name, text }: Record<string, string>) => [name, `${level} ${text}`]),
  )
}

const WELL = {
  'tracker (HTTP)': 'ok answers',
  'tracker (WebSocket)': 'ok answers',
  proxy: 'ok trusted',
}

async function withProxy<T>(proxy: ChildProcess, origin: string, look: () => Promise<T>): Promise<T> {
  let output = ''
  proxy.stderr?.on('data', chunk => {
    output += chunk
  })
  try {
    await vi.waitFor(
      () => {
        const { port } = new URL(origin)
        execFileSync(process.execPath, [
          '-e',
          `require('net').connect(${port}).on('connect',()=>process.exit(0))`,
        ])
      },
      { timeout: 20_000, interval: 100 },
    )
    return await look()
  } catch (reason) {
    throw new Error(`behind the proxy: ${output.slice(-2000)}`, { cause: reason })
  } finally {
    proxy.kill()
  }
}

/** nginx with the example, which `change` may spoil, in front of `server`. */
async function behindNginx(server: TestApp, change: (example: string) => string = text => text) {
  const port = await freePort()
  const example = change(readFileSync(join(EXAMPLES, 'nginx.conf'), 'utf8'))
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('server_name share.example.org', 'server_name localhost')
    .replace('/etc/ssl/share.example.org.pem', at('cert.pem'))
    .replace('/etc/ssl/share.example.org.key', at('key.pem'))
    .replace('http://127.0.0.1:3000', server.url.replace('localhost', '127.0.0.1'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${at(`nginx-${name}`)};`,
  )
  writeFileSync(
    at('nginx.conf'),
    `daemon off; pid ${at('nginx.pid')}; error_log stderr;
    events {} http { access_log off; ${paths.join(' ')} ${example} }`,
  )
  const origin = `https://localhost:${port}`
  const nginx = spawn('nginx', ['-c', at('nginx.conf'), '-e', 'stderr'])
  return withProxy(nginx, origin, async () => ({ origin, found: await doctor(origin, at('cert.pem')) }))
}

test('the nginx of the documentation carries all that Tabseed needs', async () => {
  const { found, origin } = await behindNginx(trusting)
  expect(found).toMatchObject({ ...WELL, 'public URL': `ok ${origin}` })
})

test('the Caddy of the documentation carries all that Tabseed needs', async () => {
  const port = await freePort()
  const plain = await freePort()
  const data = at('caddy')
  mkdirSync(data)
  const example = readFileSync(join(EXAMPLES, 'Caddyfile'), 'utf8')
    .replace(/^share\.example\.org/m, `localhost:${port}`)
    .replace('127.0.0.1:3000', new URL(trusting.url).host.replace('localhost', '127.0.0.1'))
  writeFileSync(at('Caddyfile'), `{\n admin off\n skip_install_trust\n http_port ${plain}\n}\n${example}`)
  const env = { ...process.env, HOME: data, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data }
  const caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', at('Caddyfile')], { env })
  const origin = `https://localhost:${port}`
  const authority = join(data, 'caddy/pki/authorities/local/root.crt')
  const found = await withProxy(caddy, origin, () =>
    vi.waitUntil(
      async () => {
        const checks = await doctor(origin, authority)
        return checks['proxy'] === undefined ? undefined : checks
      },
      { timeout: 20_000 },
    ),
  )
  expect(found).toMatchObject({ ...WELL, 'public URL': `ok ${origin}` })
})

test('the HAProxy of the documentation carries all that Tabseed needs', async () => {
  const port = await freePort()
  writeFileSync(at('haproxy.pem'), readFileSync(at('cert.pem'), 'utf8') + readFileSync(at('key.pem'), 'utf8'))
  const example = readFileSync(join(EXAMPLES, 'haproxy.cfg'), 'utf8')
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('/etc/ssl/share.example.org.pem', at('haproxy.pem'))
    .replace('127.0.0.1:3000', new URL(trusting.url).host.replace('localhost', '127.0.0.1'))
  writeFileSync(at('haproxy.cfg'), example)
  const origin = `https://localhost:${port}`
  const haproxy = spawn('haproxy', ['-db', '-f', at('haproxy.cfg')])
  const found = await withProxy(haproxy, origin, () => doctor(origin, at('cert.pem')))
  expect(found).toMatchObject({ ...WELL, 'public URL': `ok ${origin}` })
})

test('doctor names what a proxy leaves out, each by itself', async () => {
  const without = (line: RegExp) => (example: string) => example.replace(line, '')
  const upgrades = await behindNginx(trusting, without(/^.*Upgrade \$http_upgrade.*$/m))
  expect(upgrades.found).toMatchObject({ ...WELL, 'tracker (WebSocket)': 'fail does not open' })

  const scheme = await behindNginx(trusting, without(/^.*X-Forwarded-Proto.*$/m))
  expect(scheme.found['public URL']).toMatch(/^fail links begin with http:/)
  expect(scheme.found).toMatchObject(WELL)

  const { found } = await behindNginx(wary)
  expect(found['proxy']).toMatch(/^fail /)
})
