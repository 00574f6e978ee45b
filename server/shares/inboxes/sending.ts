import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../../lib/base/errors.ts'
import { INBOX_DAYS, SEND_TOKEN_PATTERN } from '../../../lib/protocol/inbox.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { RoutedRequest } from '../../http/http.ts'
import { ownerKey } from '../../http/share-request.ts'
import { type Publisher, type PublishPolicy, refuseTokenInQuery } from '../../publishers/publish-policy.ts'
import type { Ends } from '../expiry/ends.ts'
import type { InboxRecord } from './inbox-store.ts'
import type { Inboxes } from './inboxes.ts'

const DAY_MS = 86_400_000

/** Somebody who publishes by the right of who asked for files. */
interface Sender {
  readonly publisher: Publisher
  /** Until when what is published so lasts: `INBOX_DAYS` at most, since who asked cannot delete it. */
  within(ends: Ends): Ends
  /** Runs `publish` within the quota of who asked, and counts a new share to the inbox. Errors: `inbox_refused`, `inbox_full`, `inbox_ended`. */
  publish<Result>(
    infoHash: InfoHash,
    isKnown: () => Promise<boolean>,
    publish: () => Promise<Result>,
  ): Promise<Result>
}

interface SendingOptions {
  /** Null: nobody asks for files here. */
  readonly inboxes: Inboxes | null
  readonly policy: PublishPolicy
}

/** Publishing with the link of an inbox alone, where others need a token or a name: for what is sent to who asked, and nothing else. */
export class Sending {
  readonly #options: SendingOptions

  constructor(options: SendingOptions) {
    this.#options = options
  }

  /**
   * Who publishes with a send token; null for every other request, and where everybody may publish. Errors: `token_in_query`,
   * `inbox_not_found`, `inbox_ended`, `inbox_refused`, `token_wrong`.
   */
  async senderOf({ query, request }: RoutedRequest): Promise<Sender | null> {
    refuseTokenInQuery(query)
    const { inboxes, policy } = this.#options
    const [, id = '', sendKey = ''] = SEND_TOKEN_PATTERN.exec(ownerKey(request) ?? '') ?? []
    if (id === '' || inboxes === null) return null
    const inbox = await inboxes.find(id)
    const hash = createHash('sha256').update(sendKey).digest()
    if (inbox.sendKeyHash === null || !timingSafeEqual(inbox.sendKeyHash, hash))
      throw new AppError('token_wrong')
    const publisher = await policy.lender(inbox.publisher)
    if (publisher === null) return null
    return {
      publisher,
      within: ({ downloadsMax, expiresAt }) => {
        const last = new Date(Date.now() + INBOX_DAYS * DAY_MS)
        return { downloadsMax, expiresAt: expiresAt !== null && expiresAt < last ? expiresAt : last }
      },
      publish: (infoHash, isKnown, publish) =>
        policy
          .withinQuota(publisher, isKnown, async () =>
            (await isKnown()) ? publish() : inboxes.countSent(id, infoHash, publish),
          )
          .catch(reason => {
            if (reason instanceof AppError && reason.code === 'token_used_up')
              throw new AppError('inbox_refused')
            throw reason
          }),
    }
  }

  /** Whether who has the link of `inbox` publishes by the right of who asked. Errors: `inbox_refused`. */
  async lends({ publisher, sendKeyHash }: InboxRecord): Promise<boolean> {
    if (sendKeyHash === null) return false
    const lender = await this.#options.policy.lender(publisher)
    // Said at once: nobody hashes gigabytes for it.
    if (lender !== null && !(await this.#options.policy.hasRoom(lender))) throw new AppError('inbox_refused')
    return lender !== null
  }
}
