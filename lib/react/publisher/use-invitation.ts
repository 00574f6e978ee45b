import { useCallback, useEffect, useEffectEvent, useState } from 'react'
import { type AppError, toAppError } from '../../base/errors.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { Publishing } from '../../protocol/publishing.ts'

interface State {
  /** `asking`: not known yet; the person may go on as if they may publish. */
  readonly may: 'asking' | 'yes' | 'needs-invitation' | 'needs-sign-in'
  readonly publisher: Publishing['publisher']
  readonly error: AppError | null
  readonly isBusy: boolean
}

interface Invitation extends State {
  /** Try a token, an invitation or its link. */
  enter(text: string): void
  /** Ask for another invitation; the token that is here stays until there is one. Null where it is not for this page to say. */
  readonly change: (() => void) | null
  /** The server refused to publish. */
  refuse(error: AppError): void
}

const START: State = { may: 'asking', publisher: null, error: null, isBusy: false }
const REFUSALS: ReadonlySet<string> = new Set([
  'token_missing',
  'token_wrong',
  'token_revoked',
  'token_expired',
])

/** Loaded only where a server asks who publishes. */
const invitations = () => import('../../publish/invitation.ts')

/** Whether this browser may publish on a server where `publish` says who may, and how it gets to. Opens the invitation in the address. */
export function useInvitation(publish: Publishing['publish']): Invitation {
  const [state, setState] = useState<State>(START)

  const ask = useCallback(
    async (task: (module: Awaited<ReturnType<typeof invitations>>) => Promise<Publishing['publisher']>) => {
      setState(before => ({ ...before, error: null, isBusy: true }))
      const missing = publish === 'proxy' ? 'needs-sign-in' : 'needs-invitation'
      try {
        const publisher = await task(await invitations())
        setState({ may: publisher ? 'yes' : missing, publisher, error: null, isBusy: false })
      } catch (reason) {
        const error = toAppError(reason)
        // One that was used up says nothing against a token that is here.
        const kept = await keptPublisher()
        if (kept) return setState({ may: 'yes', publisher: kept, error, isBusy: false })
        // While the server is away nothing is known; publishing waits for it, and says why it is refused.
        const isAway = error.code === 'server_unreachable'
        setState(({ may, publisher }) => ({
          may: may === 'yes' || (may === 'asking' && isAway) ? may : missing,
          publisher,
          error,
          isBusy: false,
        }))
      }
    },
    [publish],
  )
  const enter = (text: string) => void ask(({ enterInvitation }) => enterInvitation(thisTab(), text))

  const start = useEffectEvent(() => {
    const invited = takeInvitation()
    if (publish === 'open') return
    if (invited !== null) enter(invited)
    else void ask(({ askPublisher }) => askPublisher(thisTab()))
  })
  const followLink = useEffectEvent(() => {
    const invited = takeInvitation()
    if (publish !== 'open' && invited !== null) enter(invited)
  })
  useEffect(() => {
    start()
    const onHash = () => followLink()
    window.addEventListener('hashchange', onHash)
    return () => window.removeEventListener('hashchange', onHash)
  }, [])

  return {
    ...state,
    may: publish === 'open' ? 'yes' : state.may,
    enter,
    change: publish === 'token' ? () => setState({ ...START, may: 'needs-invitation' }) : null,
    refuse(error) {
      if (error.code === 'sign_in_missing') setState({ ...START, may: 'needs-sign-in' })
      if (REFUSALS.has(error.code)) setState({ ...START, may: 'needs-invitation', error })
    },
  }
}

/** Who this browser publishes as by what it has already; null if it has nothing, or nothing good. */
async function keptPublisher(): Promise<Publishing['publisher']> {
  if (thisTab().publishToken.read() === null) return null
  const { askPublisher } = await invitations()
  return askPublisher(thisTab()).catch(() => null)
}

/** The invitation in the address, which is removed from it: whoever looks over a shoulder or at the history sees none. */
function takeInvitation(): string | null {
  const invited = /^#invite=(.*)$/.exec(location.hash)?.[1]
  if (invited === undefined) return null
  history.replaceState(history.state, '', location.pathname + location.search)
  return invited
}
