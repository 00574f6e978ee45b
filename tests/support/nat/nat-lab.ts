import { execFileSync, spawnSync } from 'node:child_process'
import { Namespaces } from '../net/namespaces.ts'

/**
 * What a router does with what goes out. All of them keep a state table and drop what nobody inside asked for.
 * `cone`: endpoint-independent mapping (RFC 4787), as most homes have it. `symmetric`: a new random port for each
 * destination. `udp-blocked`: TCP only, as in offices. `tls-only`: nothing but the pages and port 443, as in stricter ones.
 * `ipv6`: no IPv4 at all, no translation.
 */
export type RouterKind = 'cone' | 'symmetric' | 'udp-blocked' | 'tls-only' | 'ipv6'

/** What a `tls-only` router lets through: TURN over TLS where https is, and the pages of our servers. */
const TLS_ONLY_PORTS = '{ 443, 3001-3009 }'

/** Where the server and coturn are. */
export const PUBLIC_V4 = '203.0.113.10'
/** coturn is there too: two destinations tell how a router maps. */
export const SECOND_V4 = '203.0.113.11'
export const PUBLIC_V6 = '2001:db8::10'
/** The server of the network that has no way out. */
export const LAN_V4 = '192.168.77.1'

const HOMES = {
  a: {
    inside: '10.1.0.2',
    gateway: '10.1.0.1',
    outside: '203.0.113.101',
    v6: '2001:db8:a',
    router6: '2001:db8::101',
  },
  b: {
    inside: '10.2.0.2',
    gateway: '10.2.0.1',
    outside: '203.0.113.102',
    v6: '2001:db8:b',
    router6: '2001:db8::102',
  },
} as const
type Side = keyof typeof HOMES

/** Why this machine has no laboratory, or null. */
export function whyNoLab(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  for (const tool of ['ip', 'nft', 'turnserver']) {
    if (spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0) return `${tool} is not installed`
  }
  const probe = spawnSync(
    'unshare',
    [
      '--net',
      'sh',
      '-c',
      'ip link add one type veth peer name two && nft add table inet probe && ip link add net type bridge',
    ],
    { encoding: 'utf8' },
  )
  return probe.status === 0 ? null : `network namespaces are not allowed here: ${probe.stderr.trim()}`
}

/**
 * Two homes behind routers of their own, a public host, and a network of three machines without a way out, all in network
 * namespaces that go with it. Unlike in other tests, browsers hide their addresses (mDNS), as people's do:
 *
 *     homeA ── routerA ──┬── public (server, coturn)        lan0 (server) ── lan1, lan2
 *     homeB ── routerB ──┘
 */
export class NatLab extends Namespaces {
  static open(): NatLab {
    const lab = new NatLab()
    try {
      lab.#build()
    } catch (error) {
      lab.tearDown()
      throw error
    }
    return lab
  }

  /** Make the router of a home of that kind; what it translated until now is forgotten. */
  setRouter(side: Side, kind: RouterKind): void {
    const { gateway, inside, v6 } = HOMES[side]
    const home = this.namespace(`home${side}`)
    const router = this.namespace(`router${side}`)
    const masquerade = kind === 'symmetric' ? 'masquerade random,fully-random' : 'masquerade'
    const rules = [
      'flush ruleset',
      'table inet router {',
      // What nobody asked for is dropped before it makes a mapping, as real routers do.
      '  chain input { type filter hook input priority 0; policy drop;',
      '    ct state established,related accept; iifname "in" accept; meta l4proto icmpv6 accept; }',
      '  chain forward { type filter hook forward priority 0; policy drop;',
      ...(kind === 'udp-blocked' || kind === 'tls-only' ? ['    meta l4proto udp drop;'] : []),
      ...(kind === 'tls-only' ? [`    iifname "in" tcp dport != ${TLS_ONLY_PORTS} drop;`] : []),
      '    ct state established,related accept; iifname "in" accept; }',
      '  chain nat { type nat hook postrouting priority 100;',
      `    meta nfproto ipv4 oifname "out" ${masquerade}; }`,
      '}',
    ]
    execFileSync('ip', ['netns', 'exec', router, 'nft', '-f', '-'], { input: rules.join('\n') })
    // One family at a time: what one does not let through would go by the other.
    execFileSync('ip', ['-n', home, 'addr', 'flush', 'dev', 'eth0', 'scope', 'global'])
    this.batch(
      home,
      kind === 'ipv6'
        ? [`addr add ${v6}::2/64 dev eth0 nodad`, `route replace default via ${v6}::1`]
        : [`addr add ${inside}/24 dev eth0`, `route replace default via ${gateway}`],
    )
    this.restartRouter(side)
  }

  /** The router of a home forgets all mappings, as after a power cut. */
  restartRouter(side: Side): void {
    const router = this.namespace(`router${side}`)
    // Masquerading forgets what went through a device that goes down.
    this.batch(router, ['link set out down', 'link set out up', `route replace default via ${PUBLIC_V6}`])
  }

  /** Cut a home off, as a pulled cable does, or plug it in again. */
  plug(side: Side, on: boolean): void {
    execFileSync('ip', ['-n', this.namespace(`router${side}`), 'link', 'set', 'in', on ? 'up' : 'down'])
  }

  /** Give a home another address, as when a laptop changes its Wi-Fi. */
  readdress(side: Side, last: number): void {
    const { gateway, inside } = HOMES[side]
    const home = this.namespace(`home${side}`)
    execFileSync('ip', ['-n', home, '-4', 'addr', 'flush', 'dev', 'eth0'])
    this.batch(home, [
      `addr add ${inside.replace(/\d+$/, String(last))}/24 dev eth0`,
      `route add default via ${gateway}`,
    ])
  }

  #build(): void {
    const names = ['public', 'routera', 'routerb', 'homea', 'homeb', 'lan0', 'lan1', 'lan2']
    for (const name of names) {
      this.add(name)
      // Addresses count at once, and outlive a restart of their router.
      const ipv6 = ['default.accept_dad=0', 'all.accept_dad=0', 'default.keep_addr_on_down=1']
      this.run(name, 'sysctl', '-qw', ...ipv6.map(setting => `net.ipv6.conf.${setting}`))
    }
    this.batch(this.namespace('public'), [
      'link add net type bridge',
      'link set net up',
      `addr add ${PUBLIC_V4}/24 dev net`,
      `addr add ${SECOND_V4}/24 dev net`,
      `addr add ${PUBLIC_V6}/64 dev net nodad`,
      ...Object.values(HOMES).map(home => `route add ${home.v6}::/64 via ${home.router6}`),
    ])
    this.run('public', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    for (const side of ['a', 'b'] as const) this.#buildHome(side)
    this.batch(this.namespace('lan0'), [
      'link add lan type bridge',
      'link set lan up',
      `addr add ${LAN_V4}/24 dev lan`,
    ])
    for (const host of [1, 2]) {
      this.#connect('lan0', `host${host}`, `lan${host}`, 'eth0')
      this.batch(this.namespace('lan0'), [`link set host${host} master lan`])
      this.batch(this.namespace(`lan${host}`), [
        `addr add 192.168.77.${10 + host}/24 dev eth0`,
        // It leads nowhere. Chromium offers no candidate at all to a computer without a default route.
        `route add default via ${LAN_V4}`,
      ])
    }
  }

  #buildHome(side: Side): void {
    const { gateway, outside, router6, v6 } = HOMES[side]
    const router = `router${side}`
    const home = `home${side}`
    this.#connect('public', `to-${side}`, router, 'out')
    this.batch(this.namespace('public'), [`link set to-${side} master net`])
    this.#connect(router, 'in', home, 'eth0')
    this.batch(this.namespace(router), [
      `addr add ${outside}/24 dev out`,
      `addr add ${router6}/64 dev out nodad`,
      `addr add ${gateway}/24 dev in`,
      `addr add ${v6}::1/64 dev in nodad`,
      `route replace default via ${PUBLIC_V6}`,
    ])
    for (const setting of ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']) {
      this.run(router, 'sysctl', '-qw', setting)
    }
    this.setRouter(side, 'cone')
  }

  /** A cable between two namespaces. */
  #connect(from: string, device: string, to: string, peer: string): void {
    this.batch(this.namespace(from), [
      `link add ${device} type veth peer name ${peer} netns ${this.namespace(to)}`,
      `link set ${device} up`,
    ])
    this.batch(this.namespace(to), [`link set ${peer} up`])
  }
}
