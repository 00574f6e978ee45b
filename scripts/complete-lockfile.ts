/**
 * Packages with native code come as one optional package a platform, named in `optionalDependencies`. A registry mirror
 * that has only some of them makes `npm install` leave the others out of package-lock.json, and `npm ci` then refuses the
 * lock file everywhere. This adds the missing entries (pinned by version, with the platform their name tells), so that
 * `npm ci` skips or fetches them as it should. Run it after every `npm install` that changes the lock file: `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const path = join(import.meta.dirname, '..', 'package-lock.json')
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(path, 'utf8'))

const OS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** The platforms that the words of a package's name stand for. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | null {
  const words = name.split(/[/-]/)
  const os = OS.filter(word => words.includes(word))
  const cpu = CPU.filter(word => words.includes(word))
  if (cpu.length === 0) return null
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : []
  return { cpu, ...(libc.length > 0 ? { libc } : {}), ...(os.length > 0 ? { os } : {}) }
}

let added = 0
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`
    const platform = platformOf(name)
    if (lock.packages[key] || !platform || !/^\d/.test(version)) continue
    lock.packages[key] = { version, ...platform, ...(dev ? { dev } : {}), optional: true }
    added++
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
process.stdout.write(`${added} platform packages added to package-lock.json\n`)
