import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import type { Kept } from '../../lib/protocol/share.ts'
import { json, type Reply } from '../http/reply.ts'
import { known, ownerKey } from '../shares/api.ts'
import type { Shares } from '../shares/shares.ts'
import type { Keeper } from './keeper.ts'

const NOT_OFFERED: Kept = { offered: false, asked: false, kept: 'no', have: 0, problem: null }

/** `GET /api/shares/<infohash>/kept` */
export function getKept(keeper: Keeper | null, name: string): Reply {
  return json(200, keeper?.state(known(name)) ?? NOT_OFFERED)
}

/** `PUT /api/shares/<infohash>/kept` with the owner key: keep the share alive; with the operator's it is pinned. */
export async function keepShare(
  shares: Shares,
  keeper: Keeper | null,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const infoHash = known(name)
  const key = ownerKey(request)
  await shares.requireOwner(infoHash, key)
  if (!keeper) throw new AppError('keep_alive_off')
  await (shares.isOperator(key) ? keeper.pin(infoHash) : keeper.keep(infoHash))
  return json(202, keeper.state(infoHash))
}

/** `DELETE /api/shares/<infohash>/kept` with the owner key: let go of what is kept. */
export async function dropShare(
  shares: Shares,
  keeper: Keeper | null,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const infoHash = known(name)
  await shares.requireOwner(infoHash, ownerKey(request))
  keeper?.release(infoHash)
  return { status: 204 }
}
