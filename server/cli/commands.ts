import type { Command } from './command.ts'

/** In the order of the help. Only the one that runs is loaded: loading the transfer code takes longer than short commands run. */
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
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
}

export const allCommands = (): Promise<Command[]> => Promise.all(Object.values(COMMANDS).map(load => load()))
