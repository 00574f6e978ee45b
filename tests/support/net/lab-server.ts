import { once } from 'node:events'
import { join } from 'node:path'
import { tempFolder } from '../content/fixtures.ts'
import type { Namespaces } from './namespaces.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** A program of the laboratory that can be killed and started again. */
export interface LabService extends AsyncDisposable {
  restart(): Promise<void>
  kill(): Promise<void>
}

/** A server of ours in a namespace, on `port`, with the same data after a restart. */
export async function labServer(
  lab: Namespaces,
  name: string,
  port: number,
  args: readonly string[],
): Promise<LabService> {
  const folder = tempFolder()
  const start = () =>
    lab.spawn(
      name,
      process.execPath,
      join(ROOT, 'server/main.ts'),
      ...['--host', '::', '--public-url', 'any', '--port', String(port), '--data', folder.path],
      ...['--audience', 'everyone', ...args],
    )
  return labService(lab, start, /^Tabseed is at/m, folder)
}

/** The program that `start` starts, once its output matches `ready`. */
export async function labService(
  lab: Namespaces,
  start: () => ReturnType<Namespaces['spawn']>,
  ready: RegExp,
  folder: Disposable,
): Promise<LabService> {
  const launch = async () => {
    const child = start()
    let output = ''
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`not ready: ${output}`)), 60_000)
      const read = (chunk: Buffer) => {
        output += chunk
        if (!ready.test(output)) return
        clearTimeout(limit)
        resolve()
      }
      child.stdout?.on('data', read)
      child.stderr?.on('data', read)
      void once(child, 'exit').then(() => reject(new Error(`it ended: ${output}`)))
    })
    return child
  }
  let child = await launch()
  return {
    kill: () => lab.stop(child),
    restart: async () => {
      await lab.stop(child)
      child = await launch()
    },
    [Symbol.asyncDispose]: async () => {
      await lab.stop(child)
      folder[Symbol.dispose]()
    },
  }
}
