import type { Log } from '../base/log.ts'
import { startStep } from '../base/start-error.ts'
import { Bucket, type CompleteShares } from '../bucket/bucket.ts'
import { BucketClaims } from '../bucket/claims.ts'
import { BucketRedirect } from '../bucket/redirect.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Config } from '../config/config.ts'
import type { Stores } from '../shares/database.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { HostedShares } from '../web-seeds/hosted-shares.ts'

interface BucketParts {
  readonly config: Config
  readonly stores: Stores
  readonly hosted: HostedShares
  readonly metainfo: MetainfoReader
  /** What is uploaded from here; null while no seeder runs. */
  readonly complete: () => CompleteShares | null
  /** Null: this server is alone. */
  readonly cluster: () => Cluster | null
  readonly leads: () => boolean
  readonly log: Log
}

/** The name of a server that is alone, in its own database. */
const ALONE = 'here'

/** The bucket of the configuration, what sends readers there, and what lets seeders elsewhere upload; null without one. Errors: `StartError`. */
export async function openBucket(parts: BucketParts) {
  const { cluster, complete: shares, config, leads, log, stores } = parts
  const {
    bucket: url,
    bucketKeyId: keyId,
    bucketPublicUrl: publicUrl,
    bucketRegion,
    bucketSecret: secret,
  } = config
  if (url === undefined || keyId === undefined || secret === undefined) return null
  return startStep('cannot use the bucket (TABSEED_BUCKET)', async () => {
    // The SDK, of some 20 MB, is loaded where there is a bucket.
    const { openS3 } = await import('../bucket/s3.ts')
    const objects = await openS3({ bucket: url, bucketRegion, keyId, secret })
    const node = () => cluster()?.node ?? ALONE
    const store = stores.bucket
    const bucket = await Bucket.open({ objects, store, publicUrl, shares, node, leads, log })
    return {
      bucket,
      redirect: new BucketRedirect({ ...parts, bucket, shares: stores.shares }),
      claims: new BucketClaims({ objects, store, log }),
    }
  })
}
