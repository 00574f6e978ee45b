/**
 * What the tests need beyond npm packages: a Chromium, a Firefox and the classic BitTorrent clients. On Debian as root
 * they are installed; elsewhere one line says what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chromiumPath } from '../tests/support/browser/chromium.ts'
import { firefoxPath } from '../tests/support/browser/firefox.ts'

/** Command that must run, and the Debian package that brings it. */
const TOOLS: readonly (readonly [command: string, debian: string])[] = [
  ['aria2c', 'aria2'],
  ['transmission-show', 'transmission-cli'],
  ['mktorrent', 'mktorrent'],
  ['unzip', 'unzip'],
  ...(process.platform === 'linux'
    ? ([
        ['ip', 'iproute2'],
        ['nft', 'nftables'],
        ['turnserver', 'coturn'],
        ['nginx', 'nginx-light'],
        ['caddy', 'caddy'],
      ] as const)
    : []),
]

const runs = (command: string): boolean =>
  spawnSync(command, ['--help'], { stdio: 'ignore' }).error === undefined

function missing(): { name: string; debian: string }[] {
  const tools = TOOLS.filter(([command]) => !runs(command)).map(([name, debian]) => ({ name, debian }))
  if (chromiumPath() === null) tools.push({ name: 'Chrome or Chromium', debian: 'chromium' })
  if (firefoxPath() === null) tools.push({ name: 'Firefox', debian: 'firefox-esr' })
  return tools
}

const wanted = missing()
if (wanted.length > 0 && process.getuid?.() === 0 && runs('apt-get')) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-q'], { stdio: 'inherit', env })
  const packages = wanted.map(tool => tool.debian)
  execFileSync('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], {
    stdio: 'inherit',
    env,
  })
}

const left = missing()
if (left.length > 0) {
  process.stderr.write(
    `The tests need ${left.map(tool => tool.name).join(', ')}: install them (Debian: apt-get install ${left.map(tool => tool.debian).join(' ')}; another Chromium or Firefox: set CHROMIUM_PATH, FIREFOX_PATH).\n`,
  )
  process.exitCode = 1
}
