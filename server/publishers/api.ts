import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import {
  createTokenSchema,
  type Publishing,
  type PublishToken,
  redeemSchema,
} from '../../lib/protocol/publishing.ts'
import { readJson } from '../http/body.ts'
import type { RoutedRequest } from '../http/http.ts'
import { json, type Reply } from '../http/reply.ts'
import { ownerKey } from '../http/share-request.ts'
import { type PublishPolicy, refuseTokenInQuery } from './publish-policy.ts'
import type { Publishers } from './publishers.ts'

const BODY_MAX_BYTES = 4096

/** `GET /api/publishing`, with a token if there is one: what this client may publish. */
export const getPublishing = async (policy: PublishPolicy, call: RoutedRequest): Promise<Reply> =>
  json(200, await policy.describe(call))

/** `POST /api/invitations` with an invitation as the key: it becomes a token. */
export async function redeemInvitation(
  publishers: Publishers,
  { query, request }: RoutedRequest,
): Promise<Reply> {
  refuseTokenInQuery(query)
  const { token } = await readJson(request, redeemSchema, BODY_MAX_BYTES)
  const invitation = ownerKey(request)
  if (invitation === undefined) throw new AppError('token_missing')
  const { bytes, bytesMax, expiresAt, name, shares, sharesMax } = await publishers.redeem(invitation, token)
  const publisher: Publishing['publisher'] = { name, shares, sharesMax, bytes, bytesMax, expiresAt }
  return json(200, { publisher })
}

/** `POST /api/admin/tokens`, for the operator: a token, or an invitation that leads to `origin`. */
export async function createToken(
  publishers: Publishers,
  request: IncomingMessage,
  origin: string,
): Promise<{ readonly token: PublishToken; readonly reply: Reply }> {
  const asked = await readJson(request, createTokenSchema, BODY_MAX_BYTES)
  const { secret, token } = await publishers.create(asked)
  const isInvitation = asked.kind === 'invitation'
  const reply = json(201, {
    token,
    secret: isInvitation ? null : secret,
    // After #: browsers send that to no server.
    link: isInvitation ? `${origin}/#invite=${secret}` : null,
  })
  return { token, reply }
}

/** `GET /api/admin/tokens`, for the operator. */
export const listTokens = async (publishers: Publishers): Promise<Reply> =>
  json(200, { tokens: await publishers.list() })

/** `DELETE /api/admin/tokens/<id>`, for the operator: it is revoked, and stays in the list. */
export async function revokeToken(publishers: Publishers, id: string): Promise<Reply> {
  await publishers.revoke(id)
  return { status: 204 }
}
