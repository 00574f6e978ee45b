import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Id } from './swarm.ts'
import type { Swarms, Totals } from './swarms.ts'

const wholeNumber = z.int().nonnegative()

/** By info hash, as hex digits. */
const stateSchema = z.object({
  swarms: z.record(
    z.string().regex(/^[0-9a-f]{40}$/),
    z.object({ completed: wholeNumber, bytes: wholeNumber }),
  ),
})

/**
 * What the tracker keeps over a restart: how often each share was completed, and the bytes its peers fetched. Peers come
 * back by themselves. Written beside its place and renamed, so that a kill leaves the old file or the new one.
 */
export class StateFile {
  readonly #path: string
  #written = ''

  constructor(path: string) {
    this.#path = path
  }

  /** Give `swarms` what an earlier run saved, except what is tracked no more. False when nothing can be read. */
  load(swarms: Swarms): boolean {
    const text = this.#read()
    const state = text === undefined ? undefined : stateSchema.safeParse(parseJson(text)).data
    if (state === undefined) return false
    for (const [hex, totals] of Object.entries(state.swarms)) {
      const infoHash: Id = Buffer.from(hex, 'hex').toString('latin1')
      if (swarms.refusal(infoHash) === undefined) swarms.restoreTotals(infoHash, totals)
    }
    return true
  }

  /** Save what changed since the last time; rejects when the disk does not take it, and the old file stays. */
  async save(swarms: Swarms): Promise<void> {
    const entries = [...swarms.totals()].map(([id, totals]): [string, Totals] => [
      Buffer.from(id, 'latin1').toString('hex'),
      totals,
    ])
    const text = JSON.stringify({ swarms: Object.fromEntries(entries) })
    if (text === this.#written) return
    try {
      await writeFile(`${this.#path}.new`, text, { mode: 0o600, flush: true })
      await rename(`${this.#path}.new`, this.#path)
      this.#written = text
    } catch (reason) {
      await rm(`${this.#path}.new`, { force: true })
      throw reason
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch {
      return undefined
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
