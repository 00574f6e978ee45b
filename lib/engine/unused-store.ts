import { AppError } from '../base/errors.ts'
import type { ChunkStore } from './webtorrent-types.ts'

/** webtorrent requires a store; the scheduler and the uploaders use ours directly. */
export const UNUSED_STORE: ChunkStore = {
  chunkLength: 0,
  get: (_index, _range, done) => done(new AppError('internal', 'webtorrent read from the store')),
  put: (_index, _bytes, done) => done(new AppError('internal', 'webtorrent wrote to the store')),
  close: done => queueMicrotask(() => done(null)),
  destroy: done => queueMicrotask(() => done(null)),
}
