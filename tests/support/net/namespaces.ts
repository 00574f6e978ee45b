import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { ADDRESS_BAR_PAGES, chromiumPath } from '../browser/chromium.ts'
import { tempFolder } from '../content/fixtures.ts'

/** Each laboratory of this process has names of its own. */
let opened = 0

interface NamespacesOptions {
  /** Features of Chromium that are off. */
  readonly disabledFeatures?: readonly string[]
}

/** Network namespaces of this machine with programs in them, gone when it is disposed. Needs root on Linux. */
export class Namespaces implements AsyncDisposable {
  readonly #prefix = `ts${process.pid}x${++opened}`
  readonly #folder = tempFolder()
  readonly #children = new Set<ChildProcess>()
  readonly #browsers = new Map<string, Browser>()
  readonly #disabledFeatures: readonly string[]
  /** Digests of public keys whose certificates browsers take, whoever signed them. */
  readonly #trusted: string[] = []

  protected constructor({ disabledFeatures = [] }: NamespacesOptions = {}) {
    this.#disabledFeatures = [ADDRESS_BAR_PAGES, ...disabledFeatures]
  }

  /** The namespace called `name` in this laboratory. */
  namespace(name: string): string {
    return `${this.#prefix}-${name}`
  }

  /** Run a command to its end in a namespace; returns what it printed. */
  run(name: string, command: string, ...args: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace(name), command, ...args], { encoding: 'utf8' })
  }

  /** Start a program in a namespace; it is ended with the laboratory, or by `stop`. */
  spawn(name: string, command: string, ...args: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace(name), command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.keep(child)
    return child
  }

  /** End a program that `spawn` started. */
  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Browsers that start from now on take the certificate at `path` (PEM). */
  trust(path: string): void {
    const key = new X509Certificate(readFileSync(path)).publicKey.export({ type: 'spki', format: 'der' })
    this.#trusted.push(createHash('sha256').update(key).digest('base64'))
  }

  /** Stop every program of a namespace where it is, as a computer that sleeps does, or let them go on. */
  sleep(name: string, asleep: boolean): void {
    const pids = execFileSync('ip', ['netns', 'pids', this.namespace(name)], { encoding: 'utf8' })
    for (const pid of pids.split('\n').filter(Boolean))
      process.kill(Number(pid), asleep ? 'SIGSTOP' : 'SIGCONT')
  }

  /** A Chromium in a namespace, one for all who ask. */
  async chromium(name: string, secureOrigins: readonly string[]): Promise<Browser> {
    const key = `${name} ${secureOrigins.join()}`
    const present = this.#browsers.get(key)
    if (present?.isConnected()) return present
    const browser = await chromium.launch(this.chromiumOptions(name, secureOrigins))
    this.#browsers.set(key, browser)
    return browser
  }

  /** How a Chromium starts in a namespace. A whole one: the shell takes no insecure origin for a secure one. */
  chromiumOptions(name: string, secureOrigins: readonly string[]): LaunchOptions {
    const wrapper = join(this.#folder.path, `chromium-${name}`)
    writeFileSync(wrapper, `#!/bin/sh\nexec ip netns exec ${this.namespace(name)} "${chromiumPath()}" "$@"\n`)
    chmodSync(wrapper, 0o755)
    return {
      executablePath: wrapper,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        `--disable-features=${this.#disabledFeatures.join()}`,
        `--unsafely-treat-insecure-origin-as-secure=${secureOrigins.join()}`,
        `--ignore-certificate-errors-spki-list=${this.#trusted.join()}`,
      ],
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#browsers.values()].map(browser => browser.close()))
    await Promise.all([...this.#children].map(child => this.stop(child)))
    this.tearDown()
  }

  /** A namespace with nothing but its loopback. */
  protected add(name: string): void {
    execFileSync('ip', ['netns', 'add', this.namespace(name)])
    this.batch(this.namespace(name), ['link set lo up'])
  }

  /** A program that ends with the laboratory. */
  protected keep(child: ChildProcess): void {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
  }

  protected batch(namespace: string, commands: readonly string[]): void {
    execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` })
  }

  protected tearDown(): void {
    const all = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    for (const line of all.split('\n')) {
      const name = line.split(' ')[0] ?? ''
      if (name.startsWith(`${this.#prefix}-`)) execFileSync('ip', ['netns', 'del', name])
    }
    this.#folder[Symbol.dispose]()
  }
}
