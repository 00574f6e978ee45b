/** The order of a stop. What a start did not open is passed over. */
export const STOP_ORDER = [
  // Write what they know of the peers that are still here.
  'recorder',
  'presence',
  // Says at `/readyz` that it stops, and sends tabs away; all else still answers.
  'draining',
  // From here on the number of requests only falls.
  'new connections',
  'tracker',
  'remote seeders',
  // Everything below is what requests use.
  'requests',
  // After the last announce.
  'tracker state',
  // Reads what the seeder has.
  'bucket',
  // Before the seeder, to which it hands what it finds.
  'publish folder',
  'seeder',
  'pages',
  'web seed probes',
  'expiry',
  'retention',
  // Another node leads from here on.
  'cluster',
  // Of requests, the seeder and the probes.
  'metainfo',
  // All of the above read and write it.
  'database',
  // Last: the next server may start now.
  'folders',
] as const
