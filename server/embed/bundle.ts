import { createHash } from 'node:crypto'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const EMBED = join(ROOT, 'lib/embed')

/** The published bundle: webtorrent's source expects Node modules. */
const WEBTORRENT = join(ROOT, 'node_modules/webtorrent/dist/webtorrent.min.js')

/**
 * Side effects of webtorrent's store, which we do not use, on the page that loads it: it deletes the folder `chunks` of the site's own
 * private file system, with an unhandled rejection where there is none, and patches classes for browsers that cannot write there.
 */
const SIDE_EFFECTS = [
  /navigator\.storage\.getDirectory\(\)\.then\((\w+)=>\{\1\.removeEntry\("chunks",\{recursive:!0\}\)\.catch\(\(\)=>\{\}\)\}\)/,
  /globalThis\.FileSystemWritableFileStream\|\|\(globalThis\.FileSystemWritableFileStream=\w+\)/,
  /globalThis\.FileSystemFileHandle&&!globalThis\.FileSystemFileHandle\.prototype\.createWritable(?=\))/,
]

/** The scripts of the widget, by the name they are served under. */
export interface WidgetScripts {
  /** Defines the element; the only script a page loads before a click. */
  readonly 'embed.js': string
  /** The engine, loaded on click. */
  readonly 'embed-engine.js': string
  /** What runs in `/embed/<infohash>`. */
  readonly 'embed-frame.js': string
}

/** Bundles the widget from source: one ES module each, without additional chunks. Rejects when the build fails. */
export async function bundleWidget(): Promise<WidgetScripts> {
  const worker = await bundle(join(ROOT, 'lib/storage/opfs/opfs-worker.ts'), {})
  const engine = await bundle(join(EMBED, 'engine/engine.ts'), { __WORKER__: JSON.stringify(worker) })
  // Cached old copies of embed.js work with the current engine: the version only says which one they were built with.
  const version = createHash('sha256').update(engine).digest('base64url').slice(0, 12)
  const define = { __ENGINE__: JSON.stringify(`/embed-engine.js?v=${version}`) }
  return {
    'embed.js': await bundle(join(EMBED, 'embed.ts'), define),
    'embed-engine.js': engine,
    'embed-frame.js': await bundle(join(EMBED, 'frame.ts'), define),
  }
}

async function bundle(input: string, define: Readonly<Record<string, string>>): Promise<string> {
  // Loaded only here: a server that runs from a build does not need it.
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input,
    platform: 'browser',
    resolve: { alias: { webtorrent: WEBTORRENT } },
    transform: { define: { 'process.env.NODE_ENV': '"production"', ...define } },
    plugins: [
      {
        name: 'blob-worker',
        resolveId: {
          // A page may start workers of its own origin only.
          filter: { id: /\/start-worker\.ts$/ },
          handler: () => join(EMBED, 'engine/start-worker.ts'),
        },
      },
      {
        name: 'without-side-effects',
        transform: { filter: { id: WEBTORRENT }, handler: withoutSideEffects },
      },
      {
        name: 'without-globals',
        transform: {
          // zod shares its settings through globals, and so with the page's own copy of it.
          filter: { id: /zod\/v4\/core\/(core|registries)\.js$/ },
          handler: code => `const ownScope = {};\n${code.replaceAll('globalThis', 'ownScope')}`,
        },
      },
    ],
  })
  try {
    const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false })
    return output[0].code
  } finally {
    await build.close()
  }
}

/** Throws when webtorrent no longer has the code that SIDE_EFFECTS describes. */
function withoutSideEffects(code: string): string {
  return SIDE_EFFECTS.reduce((rest, part) => {
    if (!part.test(rest)) throw new Error(`webtorrent has no ${part} any more`)
    return rest.replace(part, 'false')
  }, code)
}
