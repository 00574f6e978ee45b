import { z } from 'zod'

/** Version of the format of a backup. One that is higher is refused. */
export const FORMAT_VERSION = 1

/** First file of a backup: what it is. */
export const HEAD = 'backup.json'

/** Last file of a backup: what must be in it. */
export const CONTENTS = 'contents.json'

export const DATABASE = 'tabseed.sqlite'
export const TRACKER_STATE = 'tracker.json'
export const SETTINGS_FILE = 'settings.env'
/** Folder of what lies in the seeder's folder. */
export const SEEDER = 'seeder/'

/** Records of the seeder and of the publish folder, by their names in the seeder's folder. */
export const SEEDER_RECORD = /^(?:[0-9a-f]{40}\.(?:torrent|json|gone)|published\.json)$/

/** Whether `path` may be in a backup: nothing else is ever written to a disk. */
export const isKnownPath = (path: string): boolean =>
  [DATABASE, TRACKER_STATE, SETTINGS_FILE].includes(path) ||
  (path.startsWith(SEEDER) && SEEDER_RECORD.test(path.slice(SEEDER.length)))

/** What every version of the format begins with. */
export const anyHeadSchema = z.object({ format: z.literal('tabseed-backup'), version: z.int() })

export const headSchema = anyHeadSchema.extend({
  createdAt: z.iso.datetime(),
  /** Migrations of the database, which say how new it is. */
  migrations: z.array(z.string()),
})
export type Head = z.infer<typeof headSchema>

export const contentsSchema = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      length: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})
export type Contents = z.infer<typeof contentsSchema>
