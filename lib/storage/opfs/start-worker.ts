/** The worker of one store. Widgets on pages of other origins start it differently: `lib/embed/engine/start-worker.ts`. */
export const startOpfsWorker = (): Worker =>
  new Worker(new URL('./opfs-worker.ts', import.meta.url), { type: 'module' })
