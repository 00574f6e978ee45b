import { AppError } from '../../lib/base/errors.ts'

const LIMIT = 50
const LIMIT_MAX = 500

/** Which part of a long list is asked for. Errors: `bad_request`. */
export function readPage(query: string) {
  const parameters = new URLSearchParams(query)
  const before = readCount(parameters, 'before')
  const limit = Math.min(LIMIT_MAX, Math.max(1, readCount(parameters, 'limit') ?? LIMIT))
  return { parameters, before, limit, offset: readCount(parameters, 'offset') ?? 0 }
}

function readCount(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name)
  if (text === null) return null
  if (!/^\d{1,15}$/.test(text)) throw new AppError('bad_request', `${name} is a whole number`)
  return Number(text)
}
