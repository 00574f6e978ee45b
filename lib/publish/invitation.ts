import { fetchPublishing, redeemInvitation } from '../api/client.ts'
import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { INVITATION_IN_TEXT, TOKEN_IN_TEXT, TOKEN_PREFIX } from '../protocol/invitation-text.ts'
import type { Publishing } from '../protocol/publishing.ts'
import { randomKey } from './random-key.ts'

type Publisher = Publishing['publisher']
type WithToken = Pick<BrowserTab, 'publishToken'>

/**
 * Who this browser publishes as; null if the server wants to know and nobody has said. An invitation whose answer was lost is
 * opened again. Errors: those of the token, which is forgotten then unless it may be good later; `server_unreachable`.
 */
export async function askPublisher({ publishToken }: WithToken): Promise<Publisher> {
  const stored = publishToken.read()
  try {
    const { publisher } = await fetchPublishing(stored?.token)
    return publisher
  } catch (reason) {
    const { code } = toAppError(reason)
    if (code === 'token_wrong' && stored?.invitation != null) {
      return openInvitation({ publishToken }, stored.invitation)
    }
    if (ENDED.has(code)) publishToken.forget()
    throw reason
  }
}

const ENDED: ReadonlySet<string> = new Set(['token_wrong', 'token_revoked', 'token_expired'])

/**
 * Publishes from now on with the token or invitation that `text` contains, whatever else is around it. What was kept before stays
 * when it fails. Errors: `token_wrong`, `token_revoked`, `token_expired`, `invitation_used`, `server_unreachable`.
 */
export async function enterInvitation({ publishToken }: WithToken, text: string): Promise<Publisher> {
  const invitation = INVITATION_IN_TEXT.exec(text)?.[0]
  if (invitation !== undefined) return openInvitation({ publishToken }, invitation)
  // The operator's key publishes too; it looks like nothing in particular.
  const token = TOKEN_IN_TEXT.exec(text)?.[0] ?? /^[\w-]{16,}$/.exec(text.trim())?.[0]
  if (token === undefined) throw new AppError('token_wrong')
  const { publisher } = await fetchPublishing(token)
  publishToken.keep(token, null)
  return publisher
}

async function openInvitation({ publishToken }: WithToken, invitation: string): Promise<Publisher> {
  const before = publishToken.read()
  // Opened before in this browser, it became the token that is here.
  const token = before?.invitation === invitation ? before.token : `${TOKEN_PREFIX}${randomKey()}`
  // Kept before it is sent: the answer may be lost, and the invitation is used up then.
  publishToken.keep(token, invitation)
  try {
    return await redeemInvitation(invitation, token)
  } catch (reason) {
    if (toAppError(reason).code !== 'server_unreachable') {
      if (before && before.invitation !== invitation) publishToken.keep(before.token, before.invitation)
      else publishToken.forget()
    }
    throw reason
  }
}
