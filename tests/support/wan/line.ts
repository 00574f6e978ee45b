import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Namespaces } from '../net/namespaces.ts'
import { lineProgram } from './line-program.ts'

/** What somebody's access carries, in Mbit/s; 0 is no limit. */
interface Access {
  readonly up: number
  readonly down: number
}

interface LineOptions {
  readonly roundTripMs: number
  /** Fraction of the packets that are lost in each direction, 0 to 1. Default: 0. */
  readonly loss?: number
  /** Mbit/s of every access in both directions, unless `ends` says otherwise; 0 is no limit. Default: 0. */
  readonly mbits?: number
  /** Bytes that wait before the wire at most, in each direction. Default: one round trip at the fastest rate, at least 64,000. */
  readonly queue?: number
  /** The ends by name. Default: `a` and `b`. */
  readonly ends?: Readonly<Record<string, Access | null>>
}

/** Why this machine has no line, or null. */
export function whyNoLine(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun'
  for (const tool of ['ip', 'g++', 'curl']) {
    if (spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0) return `${tool} is not installed`
  }
  const probe = spawnSync('unshare', ['--net', 'ip', 'tuntap', 'add', 'dev', 'probe', 'mode', 'tun'], {
    encoding: 'utf8',
  })
  return probe.status === 0 ? null : `network namespaces are not allowed here: ${probe.stderr.trim()}`
}

/**
 * Network namespaces joined by lines of some length, loss and rate, gone with it. A packet from one end to another passes the sender's
 * uplink, half the round trip and the other's downlink:
 *
 *     a ──up──> (half the round trip) ──down──> b
 *
 * Browsers do not hide their addresses: host candidates stand for those that STUN finds.
 */
export class Line extends Namespaces {
  readonly #addresses = new Map<string, string>()

  private constructor() {
    super({ disabledFeatures: ['WebRtcHideLocalIpsWithMdns'] })
  }

  static async open(options: LineOptions): Promise<Line> {
    const line = new Line()
    try {
      await line.#build(options)
    } catch (error) {
      await line[Symbol.asyncDispose]()
      throw error
    }
    return line
  }

  /** IPv4 address of an end. */
  address(end: string): string {
    const address = this.#addresses.get(end)
    if (address === undefined) throw new Error(`this line has no end ${end}`)
    return address
  }

  async #build({ ends, loss = 0, mbits = 0, queue, roundTripMs }: LineOptions): Promise<void> {
    const everybody = { up: mbits, down: mbits }
    const accesses = Object.entries(ends ?? { a: null, b: null }).map(
      ([name, access]) => [name, access ?? everybody] as const,
    )
    const fastest = Math.max(...accesses.flatMap(([, { down, up }]) => [up, down]))
    const room = queue ?? Math.max(64_000, (fastest * 1e6 * roundTripMs) / 8_000)
    const args: (string | number)[] = [roundTripMs, loss, room]
    for (const [at, [name, { down, up }]] of accesses.entries()) {
      const address = `10.99.0.${at + 1}`
      this.#addresses.set(name, address)
      this.add(name)
      args.push(this.namespace(name), address, up, down)
    }
    const child = spawn(lineProgram(), args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.keep(child)
    const up = once(createInterface({ input: child.stdout }), 'line')
    await Promise.race([
      up,
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the line ended with ${code}`))),
    ])
    for (const [name] of accesses) {
      this.batch(this.namespace(name), [
        `addr add ${this.address(name)}/24 dev line0`,
        'link set line0 mtu 1500 txqueuelen 5000 up',
        // Chromium offers no candidate at all to a computer without a default route.
        'route add default dev line0',
      ])
    }
  }
}

/** A line between two ends, `a` and `b`, or more. */
export const createLine = (options: LineOptions): Promise<Line> => Line.open(options)
