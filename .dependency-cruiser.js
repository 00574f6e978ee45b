/** The import rules of docs/architecture.md, as a failing check. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(app|components|lib|server|tests|bench|scripts)/', pathNot: allowed },
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    only('app-composes', '^app/', ['^app/', '^components/', '^lib/', '^server/pages/services\\.ts$']),
    only('components-present', '^components/', ['^components/', '^lib/']),
    only('ui-primitives-stand-alone', '^components/ui/', ['^components/ui/', '^lib/']),
    only('lib-is-isomorphic', '^lib/', ['^lib/']),
    only('server-uses-lib', '^server/', ['^server/', '^lib/']),
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
      severity: 'error',
      from: { path: '^(app|components|lib|server)/', pathNot: '^server/shares/' },
      to: { path: 'node_modules/(better-sqlite3|kysely)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
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
