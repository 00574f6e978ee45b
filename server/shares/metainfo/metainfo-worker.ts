import { parentPort } from 'node:worker_threads'
import { AppError } from '../../../lib/base/errors.ts'
import { type Answer, type Job, work } from './metainfo-jobs.ts'
import { buffersOf } from './packed-metainfo.ts'

/** The thread of `MetainfoReader`: answers one job after the other. */
parentPort?.on('message', async (job: Job) => {
  const answer = await answerTo(job)
  parentPort?.postMessage(answer, 'result' in answer ? transferred(answer) : [])
})

async function answerTo(job: Job): Promise<Answer> {
  try {
    return { result: await work(job) }
  } catch (reason) {
    if (!(reason instanceof AppError)) throw reason
    return { code: reason.code, detail: reason.detail }
  }
}

function transferred({ result }: Extract<Answer, { result: unknown }>): ArrayBuffer[] {
  if ('table' in result) return buffersOf(result)
  if ('share' in result) return [result.share.infoBytes.buffer]
  return [...buffersOf(result.metainfo), result.torrent.buffer, result.order.buffer]
}
