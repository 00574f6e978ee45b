import { setGlobalProxyFromEnv } from 'node:http'

type Environment = Readonly<Record<string, string | undefined>>

/** Reached without a proxy, whatever the environment says: a proxy's loopback is another machine's. */
const LOOPBACK = ['localhost', '.localhost', '127.0.0.1', '::1', '[::1]']

/**
 * Sends what `fetch` and `node:http` request from now on through the proxies of `env`; sockets take `proxyFor`. Returns the
 * proxies that cannot be used.
 */
export function setUpProxies(env: Environment): readonly string[] {
  const { http, https, direct, unusable } = readProxies(env)
  const used = {
    ...(http && { http_proxy: http.href }),
    ...(https && { https_proxy: https.href }),
    no_proxy: direct.join(),
  }
  setGlobalProxyFromEnv(used as Partial<NodeJS.ProcessEnv> as NodeJS.ProcessEnv)
  return unusable
}

/** The proxy of `env` for `url` (`http:` or `https:`); null: none. */
export function proxyFor(url: URL, env: Environment): URL | null {
  const { direct, ...proxies } = readProxies(env)
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http
  return proxy !== null && direct.some(entry => covers(entry, url)) ? null : proxy
}

/** `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower case before upper case, as curl reads them. */
function readProxies(env: Environment) {
  const named = (name: string) => env[name] || env[name.toUpperCase()] || undefined
  const unusable = new Set<string>()
  const proxy = (name: string) => {
    const text = named(name) ?? named('all_proxy')
    if (text === undefined) return null
    const url = URL.parse(text.includes('://') ? text : `http://${text}`)
    if (url !== null && /^https?:$/.test(url.protocol)) return url
    // Without its password: it is printed.
    unusable.add(text.replace(/\/\/.*@/, '//'))
    return null
  }
  const names = (named('no_proxy') ?? '').toLowerCase().split(/[\s,]+/)
  return {
    http: proxy('http_proxy'),
    https: proxy('https_proxy'),
    direct: [...names.filter(entry => entry !== ''), ...LOOPBACK],
    unusable: [...unusable],
  }
}

/** Whether an entry of `no_proxy` means `url`, as Node reads it: `*`, a host, `.domain` or `*.domain`, each with or without a port. */
function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true
  const [, host = entry, port] = /^([^:]+|\[.*\]):(\d+)$/.exec(entry) ?? []
  const ownPort = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (port !== undefined && port !== ownPort) return false
  const suffix = host.replace(/^\*/, '')
  return suffix.startsWith('.') ? url.hostname.endsWith(suffix) : url.hostname === suffix
}
