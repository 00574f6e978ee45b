import { parseSourceAddress } from '../../../lib/api/source-address.ts'
import { AppError } from '../../../lib/base/errors.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { text, value } from '../options.ts'
import type { Output } from '../output.ts'
import { originOf, serverAt } from '../transfer/swarm.ts'
import { OwnerKeys } from './owner-keys.ts'

/** Option of the commands that change a share. */
export const KEY_OPTION = value(
  'Its owner key. Default: the one that was kept when it was shared from here.',
  'KEY',
  text,
)

export const openOwnerKeys = (output: Output): OwnerKeys =>
  new OwnerKeys(process.env, line => output.note(line))

/** A share of a server that may be changed. */
interface OwnShare {
  /** Where its server is, after redirects. */
  readonly origin: string
  readonly infoHash: InfoHash
  readonly ownerKey: string
}

/**
 * The share that `link` names, and the key to change it: `given`, or the one that is kept. Errors: `link_invalid`,
 * `owner_key_missing`, those of `request`.
 */
export async function findOwnShare(
  link: string,
  keys: OwnerKeys,
  given: string | undefined,
): Promise<OwnShare> {
  const address = parseSourceAddress(link)
  if (address.kind !== 'share') throw new AppError('link_invalid', link)
  const { infoHash } = address
  const named = address.origin ?? originOf(undefined)
  const origin = await serverAt(named)
  const ownerKey = given ?? keys.find({ infoHash, origin: named }) ?? keys.find({ infoHash, origin })
  if (ownerKey === undefined) throw new AppError('owner_key_missing', link)
  return { origin, infoHash, ownerKey }
}
