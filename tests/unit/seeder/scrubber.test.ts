import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { Scrubber } from '../../../server/seeder/process/scrubber.ts'

const share = { infoHash: 'a'.repeat(40) as InfoHash, pieceCount: 3, pieceLength: 16, checkedAt: null }

test('reads every piece of a share that is due, and says when it was checked', async () => {
  const pieces: number[] = []
  const checked = vi.fn()
  const scrubber = new Scrubber({
    shares: () => (checked.mock.calls.length > 0 ? [] : [share]),
    verify: async (_, piece) => pieces.push(piece) > 0,
    onChecked: checked,
  })
  const running = scrubber.run()
  await vi.waitFor(() => expect(checked).toHaveBeenCalledWith(share.infoHash))
  scrubber.stop()
  await running
  expect(pieces).toEqual([0, 1, 2])
})

test('leaves a share that cannot be read for later', async () => {
  const verify = vi.fn(() => Promise.reject(new Error('closed')))
  const scrubber = new Scrubber({ shares: () => [share], verify, onChecked: () => expect.unreachable() })
  const running = scrubber.run()
  await vi.waitFor(() => expect(verify).toHaveBeenCalled())
  // Turns of the event loop, in which it could try again.
  for (let turn = 0; turn < 20; turn++) await delay(0)
  scrubber.stop()
  await running
  expect(verify).toHaveBeenCalledTimes(1)
})
