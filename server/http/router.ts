import type { OutgoingHttpHeaders } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import type { RoutedRequest, Router } from './http.ts'
import { errorReply, type Reply } from './reply.ts'

/** A request to one of our own routes. */
interface Call extends RoutedRequest {
  /** The part of the path that names a share, or empty. */
  readonly name: string
  /** What follows it in the path, still encoded, or empty. */
  readonly rest: string
}

type Handler = (call: Call) => Reply | Promise<Reply>

export interface Route {
  /** Its groups, if any, become `Call.name` and `Call.rest`. */
  readonly path: RegExp
  readonly methods: Readonly<Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Handler>>>
  /** On every answer of the route, errors included. */
  readonly headers?: OutgoingHttpHeaders
  /** Additional headers of the answer to OPTIONS. */
  readonly preflight?: OutgoingHttpHeaders
}

/** Answers by the first of `routes` whose path matches; HEAD and OPTIONS follow from the methods it has. */
export function routerOf(routes: readonly Route[]): Router {
  return (path, call) => {
    for (const route of routes) {
      const match = route.path.exec(path)
      if (match) return answer(route, { ...call, name: match[1] ?? '', rest: match[2] ?? '' })
    }
    return undefined
  }
}

async function answer(route: Route, call: Call): Promise<Reply> {
  try {
    const reply = await answerMethod(route, call)
    return { ...reply, headers: { ...route.headers, ...reply.headers } }
  } catch (reason) {
    // Unexpected errors are logged by the server, where all requests pass.
    if (!(reason instanceof AppError)) throw reason
    return errorReply(reason, route.headers)
  }
}

async function answerMethod({ methods, preflight }: Route, call: Call): Promise<Reply> {
  const names = Object.keys(methods).map(name => name.toUpperCase())
  const allow = ['OPTIONS', ...(methods.get ? ['HEAD'] : []), ...names].join(', ')
  const method = call.request.method ?? ''
  if (method === 'OPTIONS') return { status: 204, headers: { allow, ...preflight } }
  const name = method === 'HEAD' ? 'get' : method.toLowerCase()
  const handler = Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : undefined
  return handler?.(call) ?? errorReply(new AppError('method_not_allowed', method), { allow })
}
