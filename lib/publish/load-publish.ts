import { AppError } from '../base/errors.ts'

/** The code that publishes: loaded while a person looks at what they chose. Errors: `server_unreachable`. */
export const loadPublish = (): Promise<typeof import('./publish.ts')> => import('./publish.ts').catch(refuse)

/** For `catch` of an import. Errors: `server_unreachable`. */
export function refuse(cause: unknown): never {
  throw new AppError('server_unreachable', 'the code that publishes', { cause })
}
