import { z } from 'zod'

/** Where copies of shares are kept besides this server's disk. */
export const bucketSettings = {
  bucket: z
    .string()
    .refine(isBucketUrl, 'must be http:// or https://, a host and a bucket name')
    .optional()
    .meta({
      description:
        'Bucket of an S3 storage, for copies of the shares that the seeder has (docs/bucket.md): its endpoint and name. It is for this server, or these servers with one database, alone; a seeder on another machine that has it too uploads its copies. Needs TABSEED_BUCKET_KEY_ID and TABSEED_BUCKET_SECRET.',
      example: 'https://s3.example.org/tabseed',
    }),
  bucketRegion: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a region')
    .meta({
      description: 'Region of the bucket. Many storages have one only and take any name.',
      default: 'us-east-1',
      example: 'eu-central-1',
    }),
  bucketKeyId: z.string().min(1).optional().meta({
    description: 'Id of the access key that may read, write, list and delete what is in the bucket.',
    example: 'AKIAEXAMPLE',
    secret: true,
  }),
  bucketSecret: z.string().min(1).optional().meta({
    description: 'The secret of that key. Prefer the environment: flags show in process lists.',
    example: 'a-long-random-text',
    secret: true,
  }),
  bucketPublicUrl: z
    .string()
    .refine(isPublicUrl, 'must be http:// or https://, without a query')
    .transform(text => text.replace(/\/+$/, ''))
    .optional()
    .meta({
      description:
        'Address under which everybody may read what is in the bucket, such as that of a CDN. Unset: readers get links that are valid for ten minutes.',
      example: 'https://files.example.org',
    }),
}

function isBucketUrl(text: string): boolean {
  const url = URL.parse(text)
  return isPublicUrl(text) && url !== null && /^\/[\w.-]{3,63}\/?$/.test(url.pathname)
}

function isPublicUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.username === '' && url.password === '' && !/[?#]/.test(text)
}
