import type { Command } from './command.ts'

/** By name, which may have several words, in the order of the help. Only the one that runs is loaded: loading the transfer code takes longer than short commands run. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  share: async () => (await import('./commands/share.ts')).share,
  edit: async () => (await import('./commands/edit.ts')).edit,
  unshare: async () => (await import('./commands/unshare.ts')).unshare,
  get: async () => (await import('./commands/get.ts')).get,
  seed: async () => (await import('./commands/seed.ts')).seed,
  create: async () => (await import('./commands/create.ts')).create,
  show: async () => (await import('./commands/show.ts')).show,
  verify: async () => (await import('./commands/verify.ts')).verify,
  repair: async () => (await import('./commands/repair.ts')).repair,
  decrypt: async () => (await import('./commands/decrypt.ts')).decrypt,
  'admin status': async () => (await import('./commands/admin/status.ts')).status,
  'admin nodes': async () => (await import('./commands/admin/nodes.ts')).nodes,
  'admin shares': async () => (await import('./commands/admin/shares.ts')).shares,
  'admin block': async () => (await import('./commands/admin/block.ts')).block,
  'admin unblock': async () => (await import('./commands/admin/block.ts')).unblock,
  'admin blocklist export': async () => (await import('./commands/admin/blocklist.ts')).blocklistExport,
  'admin blocklist import': async () => (await import('./commands/admin/blocklist.ts')).blocklistImport,
  'admin report list': async () => (await import('./commands/admin/reports.ts')).reportList,
  'admin report close': async () => (await import('./commands/admin/reports.ts')).reportClose,
  'admin audit': async () => (await import('./commands/admin/audit.ts')).audit,
  'admin token create': async () => (await import('./commands/admin/tokens.ts')).tokenCreate,
  'admin token list': async () => (await import('./commands/admin/tokens.ts')).tokenList,
  'admin token revoke': async () => (await import('./commands/admin/tokens.ts')).tokenRevoke,
  backup: async () => (await import('./commands/backup.ts')).backup,
  restore: async () => (await import('./commands/restore.ts')).restore,
  'db copy': async () => (await import('./commands/db.ts')).dbCopy,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
}

/** Its longest name. */
const WORDS_MAX = Math.max(...Object.keys(COMMANDS).map(name => name.split(' ').length))

interface Called {
  readonly name: string
  /** Those after its name. */
  readonly args: readonly string[]
}

/** The command that the first words of `words` name, or null. */
export function calledCommand(words: readonly string[]): Called | null {
  for (let count = Math.min(WORDS_MAX, words.length); count > 0; count--) {
    const name = words.slice(0, count).join(' ')
    if (Object.hasOwn(COMMANDS, name)) return { name, args: words.slice(count) }
  }
  return null
}

/** Names of commands that begin with `word` and have more words. */
export const commandsBelow = (word: string): readonly string[] =>
  Object.keys(COMMANDS).filter(name => name.startsWith(`${word} `))

export const allCommands = (): Promise<Command[]> => Promise.all(Object.values(COMMANDS).map(load => load()))
