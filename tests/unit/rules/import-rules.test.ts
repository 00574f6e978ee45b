import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** One breach of each rule: a file, and what it must not import. Both are written into a tree of their own. */
const BREACHES: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'app-composes': ['app/page.tsx', 'server/shares/shares.ts'],
  'components-present': ['components/share/share-view.tsx', 'server/pages/services.ts'],
  'ui-primitives-stand-alone': ['components/ui/button.tsx', 'components/common/name.tsx'],
  'lib-is-isomorphic': ['lib/play/range.ts', 'server/base/log.ts'],
  'server-uses-lib': ['server/pages/next.ts', 'components/ui/field.tsx'],

  'lib-base': ['lib/base/format.ts', 'lib/torrent/ids.ts'],
  'lib-i18n': ['lib/i18n/locales.ts', 'lib/base/format.ts'],
  'lib-torrent': ['lib/torrent/piece-map.ts', 'lib/engine/view/snapshot.ts'],
  'lib-protocol': ['lib/protocol/share.ts', 'lib/api/client.ts'],
  'lib-api': ['lib/api/client.ts', 'lib/network/network.ts'],
  'lib-network': ['lib/network/network.ts', 'lib/browser/this-tab.ts'],
  'lib-storage': ['lib/storage/opfs/opfs-store.ts', 'lib/hashing/hash-pieces.ts'],
  'lib-encryption': ['lib/encryption/cipher.ts', 'lib/hashing/check-pieces.ts'],
  'lib-hashing': ['lib/hashing/check-pieces.ts', 'lib/engine/view/snapshot.ts'],
  'lib-engine': ['lib/engine/view/snapshot.ts', 'lib/browser/records/saved-records.ts'],
  'lib-browser': ['lib/browser/downloads/start-download.ts', 'lib/save/save.ts'],
  'lib-publish': ['lib/publish/plan.ts', 'lib/save/save.ts'],
  'lib-save': ['lib/save/zip/zip.ts', 'lib/play/range.ts'],
  'lib-play': ['lib/play/serve.ts', 'lib/embed/status.ts'],
  'lib-heal': ['lib/heal/repair.ts', 'lib/doctor/reach.ts'],
  'lib-doctor': ['lib/doctor/reach.ts', 'lib/react/page/use-format.ts'],
  'lib-nearby': ['lib/nearby/nearby.ts', 'lib/heal/repair.ts'],
  'lib-embed': ['lib/embed/engine/engine.ts', 'lib/heal/repair.ts'],
  'lib-receive': ['lib/receive/seal.ts', 'lib/heal/repair.ts'],
  'lib-react': ['lib/react/share/use-swarm.ts', 'components/share/numbers.tsx'],

  'server-base': ['server/base/log.ts', 'server/config/config.ts'],
  'server-config': ['server/config/config.ts', 'server/tracker/limits.ts'],
  'server-http': ['server/http/origin.ts', 'server/web-seeds/probe.ts'],
  'server-node-engine': ['server/node-engine/file-store.ts', 'server/seeder/share-cache.ts'],
  'server-tracker': ['server/tracker/tracker.ts', 'server/shares/shares.ts'],
  'server-shares': ['server/shares/api.ts', 'server/web-seeds/web-seed-list.ts'],
  'server-web-seeds': ['server/web-seeds/web-seed.ts', 'server/seeder/share-cache.ts'],
  'server-bucket': ['server/bucket/keys.ts', 'server/monitor/metrics.ts'],
  'server-seeder': ['server/seeder/link/messages.ts', 'server/monitor/metrics.ts'],
  'server-monitor': ['server/monitor/feed.ts', 'server/embed/badge.ts'],
  'server-embed': ['server/embed/oembed.ts', 'server/pages/next.ts'],
  'server-pages': ['server/pages/services.ts', 'server/monitor/monitor.ts'],
  'server-admin': ['server/admin/blocks-api.ts', 'server/monitor/monitor.ts'],
  'server-publishers': ['server/publishers/publishers.ts', 'server/shares/shares.ts'],
  'server-nearby': ['server/nearby/api.ts', 'server/monitor/monitor.ts'],
  'server-cluster': ['server/cluster/cluster.ts', 'server/wiring/routes/all.ts'],
  'server-backup': ['server/backup/format.ts', 'server/monitor/monitor.ts'],
  'server-cli': ['server/cli/transfer/find.ts', 'server/seeder/link/seeder-process.ts'],
  'wiring-is-for-the-app': ['server/shares/api.ts', 'server/wiring/routes/all.ts'],
  'app-is-for-main': ['server/cli/main.ts', 'server/app.ts'],
  'main-is-for-the-shell': ['server/app.ts', 'server/main.ts'],

  'engine-decides-without-the-network': [
    'lib/engine/schedule/scheduler.ts',
    'lib/engine/connect/trackers/tracker-socket.ts',
  ],
  'disk-layout-knows-no-file-system': ['lib/storage/disk/disk-share.ts', 'lib/storage/opfs/folder.ts'],
  'lib-has-no-node': ['lib/base/timer.ts', 'node:timers'],
  'react-in-lib-react-only': ['lib/publish/plan.ts', 'react'],
  'one-file-knows-webtorrent': ['lib/engine/swarm.ts', 'webtorrent'],
  'one-folder-knows-the-database': ['server/monitor/recorder.ts', 'kysely'],
  'no-circles': ['lib/base/back-off.ts', 'lib/base/errors.ts'],
  resolvable: ['bench/create.ts', './absent.ts'],
}

/** The rules of this checkout. */
const { default: config } = (await import(pathToFileURL(resolve('.dependency-cruiser.js')).href)) as {
  default: { forbidden: readonly { readonly name: string }[] }
}

const PACKAGES = ['react', 'webtorrent', 'kysely']

let root: string
/** `rule: from → to` of every breach that was found. */
let found: readonly string[]

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tabseed-rules-'))
  for (const name of PACKAGES) plant(`node_modules/${name}/index.js`)
  for (const [rule, [from, to]] of Object.entries(BREACHES)) {
    if (to.includes('/') && !to.startsWith('.')) plant(to)
    // An import of types alone breaks every rule that an import of values breaks, except the database's.
    plant(
      from,
      rule === 'one-folder-knows-the-database' ? `import '${specifier(from, to)}'\n` : importType(from, to),
    )
    if (rule === 'no-circles') plant(to, importType(to, from))
  }
  found = await cruise()
})
afterAll(() => rmSync(root, { recursive: true }))

const importType = (from: string, to: string): string => `import type {} from '${specifier(from, to)}'\n`

const specifier = (from: string, to: string): string =>
  to.includes('/') && !to.startsWith('.') ? `./${relative(dirname(from), to)}` : to

/** Append `text` to a file of the tree. */
function plant(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text, { flag: 'a' })
}

/** Run dependency-cruiser as `npm run lint` does, in the tree. It fails, because there are breaches. */
async function cruise(): Promise<string[]> {
  const program = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [
    program,
    '--config',
    resolve('.dependency-cruiser.js'),
    '--output-type',
    'err',
    'app',
    'bench',
    'components',
    'lib',
    'server',
  ]
  const failure = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  }).then(
    () => undefined,
    (reason: { code: number; stdout: string }) => reason,
  )
  expect(failure?.code).toBeGreaterThan(0)
  return (failure?.stdout ?? '').split(/^ +error /m).map(breach => breach.replaceAll(/\s+/g, ' ').trim())
}

test('there is a breach here of every rule', () => {
  expect(Object.keys(BREACHES).toSorted()).toEqual(config.forbidden.map(rule => rule.name).toSorted())
})

test.each(Object.entries(BREACHES))('%s', (rule, [from, to]) => {
  const reported = PACKAGES.includes(to) ? `node_modules/${to}/index.js` : to.replace('node:', '')
  expect(found.filter(line => line.startsWith(`${rule}: ${from} → ${reported}`))).toHaveLength(1)
})
