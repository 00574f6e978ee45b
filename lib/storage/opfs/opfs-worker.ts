/** The worker of one store: owns the files of a share, hashes and writes the pieces that the page sends. */
import { setDebugPatterns } from '../../base/debug.ts'
import { AppError } from '../../base/errors.ts'
import { DiskShare } from '../disk/disk-share.ts'
import { opfsFolder } from './folder.ts'
import type { StoreAnswers, StoreReply, StoreRequest } from './protocol.ts'

let opened: DiskShare | undefined

function share(): DiskShare {
  if (!opened) throw new AppError('storage_failed', 'the store is not open')
  return opened
}

async function answer(request: StoreRequest): Promise<StoreAnswers[StoreRequest['do']]> {
  switch (request.do) {
    case 'wake':
      return null
    case 'open': {
      const { debug, layout, selected } = request
      setDebugPatterns(debug)
      const { share, report } = await DiskShare.open(layout, await opfsFolder(layout.infoHash), selected)
      opened = share
      return { have: share.have.slice(), report }
    }
    case 'write':
      return share().write(request.piece, request.bytes)
    case 'read':
      return share().read(request.piece, request.offset, request.length)
    case 'select':
      await share().select(request.selected)
      return null
    case 'closeFile':
      await share().closeFile(request.file)
      return null
    case 'close':
      await share().close()
      return null
    case 'destroy':
      await share().destroy()
      return null
  }
}

/** Maps the browser's exceptions to our error codes. */
function failureOf(reason: unknown): NonNullable<StoreReply['failure']> {
  if (reason instanceof AppError) return { code: reason.code, detail: reason.detail }
  const { name, message } = reason instanceof Error ? reason : new Error(String(reason))
  if (name === 'QuotaExceededError') return { code: 'storage_full', detail: message }
  if (name === 'NoModificationAllowedError') return { code: 'share_open_elsewhere', detail: message }
  return { code: 'storage_failed', detail: `${name}: ${message}` }
}

self.onmessage = async ({ data: { id, ...request } }: MessageEvent<StoreRequest & { id: number }>) => {
  try {
    const reply: StoreReply = { id, answer: await answer(request) }
    const bytes = reply.answer instanceof Uint8Array ? [reply.answer.buffer as ArrayBuffer] : []
    self.postMessage(reply, { transfer: bytes })
  } catch (reason) {
    self.postMessage({ id, failure: failureOf(reason) } satisfies StoreReply)
  }
}
