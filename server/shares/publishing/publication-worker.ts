import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../../lib/base/errors.ts'
import { type Answer, readPublication } from './new-content.ts'

const answer: Answer = await readPublication(workerData).catch((reason: unknown) => {
  if (!(reason instanceof AppError)) throw reason
  return { code: reason.code, detail: reason.detail }
})
parentPort?.postMessage(answer, 'share' in answer ? [answer.share.infoBytes.buffer] : [])
