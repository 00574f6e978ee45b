import { createHash } from 'node:crypto'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const EMBED = join(ROOT, 'lib/embed')

/** The published bundle: webtorrent's source takes Node modules for granted. */
const WEBTORRENT = join(ROOT, 'node_modules/webtorrent/dist/webtorrent.min.js')

/**
 * What its store, which we do not use, does to the page as it is loaded: deletes the folder `chunks` of the site's own private file
 * system, unhandled where there is none, and mends classes for browsers that cannot write there.
 */
const MEDDLING = [
  /navigator\.storage\.getDirectory\(\)\.then\((\w+)=>\{\1\.removeEntry\("chunks",\{recursive:!0\}\)\.catch\(\(\)=>\{\}\)\}\)/,
  /globalThis\.FileSystemWritableFileStream\|\|\(globalThis\.FileSystemWritableFileStream=\w+\)/,
  /globalThis\.FileSystemFileHandle&&!globalThis\.FileSystemFileHandle\.prototype\.createWritable(?=\))/,
]

/** The scripts of the widget, by the name they are served under. */
export interface WidgetScripts {
  /** Defines the element; all that a page loads before a click. */
  readonly 'embed.js': string
  /** The engine, loaded on click. */
  readonly 'embed-engine.js': string
  /** What runs in `/embed/<infohash>`. */
  readonly 'embed-frame.js': string
}

/** Bundle the widget from source: one ES module each, without chunks beside them. Rejects when it does not build. */
export async function bundleWidget(): Promise<WidgetScripts> {
  const worker = await bundle(join(ROOT, 'lib/storage/opfs/opfs-worker.ts'), {})
  const engine = await bundle(join(EMBED, 'engine/engine.ts'), { __WORKER__: JSON.stringify(worker) })
  // Old copies of embed.js in caches go on with today's engine: the name only says which one they were made with.
  const version = createHash('sha256').update(engine).digest('base64url').slice(0, 12)
  const define = { __ENGINE__: JSON.stringify(`/embed-engine.js?v=${version}`) }
  return {
    'embed.js': await bundle(join(EMBED, 'embed.ts'), define),
    'embed-engine.js': engine,
    'embed-frame.js': await bundle(join(EMBED, 'frame.ts'), define),
  }
}

async function bundle(input: string, define: Readonly<Record<string, string>>): Promise<string> {
  // Loaded here: the server of a build has no use for it.
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
          filter: { id: /opfs\/start-worker\.ts$/ },
          handler: () => join(EMBED, 'engine/start-worker.ts'),
        },
      },
      { name: 'without-meddling', transform: { filter: { id: WEBTORRENT }, handler: withoutMeddling } },
      {
        name: 'without-globals',
        transform: {
          // zod shares its settings by globals, with the page's own copy of it too.
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

/** Throws when webtorrent is not as it was when MEDDLING was written. */
function withoutMeddling(code: string): string {
  return MEDDLING.reduce((rest, part) => {
    if (!part.test(rest)) throw new Error(`webtorrent has no ${part} any more`)
    return rest.replace(part, 'false')
  }, code)
}
