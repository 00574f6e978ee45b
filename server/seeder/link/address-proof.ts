import { createHash } from 'node:crypto'
import { AppError } from '../../../lib/base/errors.ts'
import { json, type Reply } from '../../http/reply.ts'

/** Where a seeder says over HTTP who it is: below what its address has to lead to anyway. */
export const PROOF_PATH = /^\/w\/seeder$/
const PATH = '/w/seeder'

const ANSWER_MS = 5_000
const ANSWER_MAX_BYTES = 1_000

/** Says which seeder this is without its id; null: there is none here. Errors: `route_not_found`. */
export function proofReply(id: string | null): Reply {
  if (id === null) throw new AppError('route_not_found')
  const reply = json(200, { seeder: proofOf(id) })
  return { ...reply, headers: { ...reply.headers, 'cache-control': 'no-store' } }
}

/** Asks at `origin` which seeder is there; null: this one, else what was asked and what came. */
export async function addressFault(
  origin: string,
  id: string,
  closed: AbortSignal,
): Promise<{ readonly asked: string; readonly came: string } | null> {
  const asked = `${origin}${PATH}`
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), closed])
    // Who is sent on is not where readers would be sent.
    const answer = await fetch(asked, { redirect: 'manual', signal })
    const text = await beginningOf(answer)
    if (answer.status !== 200) {
      const location = answer.headers.get('location')
      return {
        asked,
        came: `HTTP ${answer.status}${location === null ? '' : ` to ${location.slice(0, 200)}`}`,
      }
    }
    const found = /^\{"seeder":"([0-9a-f]{64})"\}$/.exec(text.trim())?.[1]
    if (found === proofOf(id)) return null
    return { asked, came: found === undefined ? 'something that is no seeder' : 'another seeder' }
  } catch (reason) {
    return { asked, came: reasonOf(reason) }
  }
}

const proofOf = (id: string): string => createHash('sha256').update(`tabseed seeder ${id}`).digest('hex')

async function beginningOf({ body }: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    // Leaving the loop ends the answer.
    if (text.length > ANSWER_MAX_BYTES) break
  }
  return text
}

function reasonOf(reason: unknown): string {
  if (!(reason instanceof Error)) return 'no answer'
  if (reason.name === 'TimeoutError') return 'no answer in five seconds'
  const { cause } = reason
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return `no answer: ${code || (cause instanceof Error ? cause.message : reason.message)}`
}
