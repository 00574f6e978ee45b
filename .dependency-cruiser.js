/** The import rules of docs/architecture.md, as a failing check. tests/unit/rules plants a breach of each. */

const OURS = '^(app|components|lib|server|tests|bench|scripts)/'

/** Files that match `from` import, of ours, only what matches one of `allowed`. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: OURS, pathNot: allowed },
})

/** Rooms of `lib/`, lowest first: each imports rooms of rows before its own, and itself. */
const LIB = [
  ['base', 'i18n'],
  ['torrent'],
  ['protocol'],
  ['api'],
  ['network'],
  ['storage'],
  ['encryption'],
  ['hashing'],
  ['engine'],
  ['browser'],
  ['publish', 'save', 'play'],
  ['heal', 'doctor', 'embed', 'nearby', 'receive'],
  ['react'],
]

/** The same for `server/`, whose rooms may all import `lib/`. */
const SERVER = [
  ['base'],
  ['config'],
  ['http'],
  ['node-engine', 'tracker', 'publishers'],
  ['shares'],
  ['web-seeds'],
  ['bucket'],
  ['seeder'],
  ['monitor', 'embed', 'pages', 'admin', 'backup', 'nearby'],
  ['cluster'],
]

/** Above all rooms of `server/`: it knows every service. */
const WIRING = '^server/wiring/'

/** One rule a room: it imports rooms of lower rows only. */
const layers = (root, rows, base) =>
  rows.flatMap((row, index) =>
    row.map(room =>
      only(
        `${root}-${room}`,
        `^${root}/${room}/`,
        [...base, ...rows.slice(0, index).flat(), room].map(name =>
          name.startsWith('^') ? name : `^${root}/${name}/`,
        ),
      ),
    ),
  )

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    only('app-composes', '^app/', ['^app/', '^components/', '^lib/', '^server/pages/services\\.ts$']),
    only('components-present', '^components/', ['^components/', '^lib/']),
    only('ui-primitives-stand-alone', '^components/ui/', ['^components/ui/', '^lib/']),
    only('lib-is-isomorphic', '^lib/', ['^lib/']),
    only('server-uses-lib', '^server/', ['^server/', '^lib/']),
    ...layers('lib', LIB, []),
    ...layers('server', SERVER, ['^lib/']),
    only('server-cli', '^server/cli/', [
      '^lib/',
      '^server/(base|config|node-engine|cli|backup)/',
      '^server/pages/build\\.ts$',
      '^server/main\\.ts$',
      // The seeder of a server on another machine is a program of its own.
      '^server/seeder/seed-for-server\\.ts$',
    ]),
    {
      name: 'wiring-is-for-the-app',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/app\\.ts$', WIRING] },
      to: { path: WIRING },
    },
    {
      name: 'app-is-for-main',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/main\\.ts$'] },
      to: { path: '^server/app\\.ts$' },
    },
    {
      name: 'main-is-for-the-shell',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/cli/commands/serve\\.ts$'] },
      to: { path: '^server/main\\.ts$' },
    },
    {
      name: 'engine-decides-without-the-network',
      comment: 'What to request, answer and show is decided by code that a test runs without a connection.',
      severity: 'error',
      from: { path: '^lib/engine/(schedule|upload|view|web-seeds)/' },
      to: { path: '^lib/engine/(connect/|webtorrent\\.ts)' },
    },
    {
      name: 'disk-layout-knows-no-file-system',
      severity: 'error',
      from: { path: '^lib/storage/disk/' },
      to: { path: '^lib/storage/opfs/' },
    },
    {
      name: 'lib-has-no-node',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'react-in-lib-react-only',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['^lib/react/', '^lib/i18n/'] },
      to: { path: '^(react|react-dom|next)(/|$)|node_modules/(react|react-dom|next)/' },
    },
    {
      name: 'one-file-knows-webtorrent',
      severity: 'error',
      from: { path: '^(app|components|lib|server)/', pathNot: '^lib/engine/webtorrent' },
      to: { path: 'node_modules/webtorrent/' },
    },
    {
      name: 'one-folder-knows-the-database',
      comment: 'The lock of a folder is one that SQLite takes of an empty file.',
      severity: 'error',
      from: {
        path: '^(app|components|lib|server)/',
        pathNot: ['^server/shares/', '^server/base/folder-lock\\.ts$'],
      },
      to: { path: 'node_modules/(better-sqlite3|kysely)/', dependencyTypesNot: ['type-only'] },
    },
    // Of types too.
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^node:' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.next/|next-env' },
    // TypeScript 7 has no compiler API; swc (which next-intl brings) reads the same imports.
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
      conditionNames: ['import', 'react-server', 'default', 'types'],
    },
  },
}
