/**
 * What the tests need beyond npm packages: a Chromium, a Firefox, on Linux a WebKit, and the classic BitTorrent clients. On
 * Debian as root they are installed, and a Chromium without a window beside them; elsewhere one line names what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chromiumPath, shellPath } from '../tests/support/browser/chromium.ts'
import { firefoxPath } from '../tests/support/browser/firefox.ts'
import { hasPythonLibrary } from '../tests/support/webkit/webkit.ts'

/** Command that must run, and the Debian package that brings it. */
const TOOLS: readonly (readonly [command: string, debian: string])[] = [
  ['aria2c', 'aria2'],
  ['transmission-show', 'transmission-cli'],
  ['mktorrent', 'mktorrent'],
  ['busybox', 'busybox'],
  ['unzip', 'unzip'],
  ['wget', 'wget'],
  ...(process.platform === 'linux'
    ? ([
        ['ip', 'iproute2'],
        ['nft', 'nftables'],
        ['g++', 'g++'],
        ['curl', 'curl'],
        ['turnserver', 'coturn'],
        ['nginx', 'nginx-light'],
        ['caddy', 'caddy'],
        ['haproxy', 'haproxy'],
        ['redis-server', 'redis-server'],
        ['s3cmd', 's3cmd'],
        ['systemd-analyze', 'systemd'],
        ['logrotate', 'logrotate'],
        ['pg_createcluster', 'postgresql'],
        ['WebKitWebDriver', 'webkit2gtk-driver'],
        ['Xvfb', 'xvfb'],
      ] as const)
    : []),
]

/** What Python must find, and the Debian package that brings it. */
const PYTHON_LIBRARIES: readonly (readonly [statement: string, debian: string])[] =
  process.platform === 'linux'
    ? [
        ['import gi', 'python3-gi'],
        ['import gi; gi.require_version("WebKit2", "4.1")', 'gir1.2-webkit2-4.1'],
      ]
    : []

const runs = (command: string): boolean =>
  spawnSync(command, ['--help'], { stdio: 'ignore' }).error === undefined

function missing(): { name: string; debian: string }[] {
  const tools = TOOLS.filter(([command]) => !runs(command)).map(([name, debian]) => ({ name, debian }))
  if (chromiumPath() === null) tools.push({ name: 'Chrome or Chromium', debian: 'chromium' })
  if (firefoxPath() === null) tools.push({ name: 'Firefox', debian: 'firefox-esr' })
  for (const [statement, debian] of PYTHON_LIBRARIES) {
    if (!hasPythonLibrary(statement)) tools.push({ name: debian, debian })
  }
  return tools
}

const wanted = missing()
/** Without it the tests take the Chromium that is there, and longer. */
const SHELL = 'chromium-headless-shell'
const wantsShell =
  process.platform === 'linux' && shellPath() === chromiumPath() && !process.env['CHROMIUM_PATH']
if ((wanted.length > 0 || wantsShell) && process.getuid?.() === 0 && runs('apt-get')) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => execFileSync('apt-get', args, { stdio: 'inherit', env })
  apt('update', '-q')
  const packages = wanted.map(tool => tool.debian)
  const hasShell = spawnSync('apt-get', ['install', '--dry-run', SHELL], { stdio: 'ignore' }).status === 0
  if (wantsShell && hasShell) packages.push(SHELL)
  if (packages.length > 0) apt('install', '-qy', '--no-install-recommends', ...packages)
}

const left = missing()
if (left.length > 0) {
  process.stderr.write(
    `The tests need ${left.map(tool => tool.name).join(', ')}: install them (Debian: apt-get install ${left.map(tool => tool.debian).join(' ')}; another Chromium or Firefox: set CHROMIUM_PATH, FIREFOX_PATH).\n`,
  )
  process.exitCode = 1
}
