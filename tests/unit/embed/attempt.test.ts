import { expect, test } from 'vitest'
import { readOptions } from '../../../lib/embed/options.ts'
import type { Place, RunRequest } from '../../../lib/embed/place.ts'
import { IDLE, type Runner, type WidgetStatus } from '../../../lib/embed/status.ts'
import { Attempt } from '../../../lib/embed/widget/attempt.ts'

const OPTIONS = readOptions(() => null, 'en')
const DOWNLOADING: WidgetStatus = { ...IDLE, state: 'downloading', length: 10, downloaded: 5 }

/** A place whose downloads do nothing but say, in `calls`, what is asked of them. */
function place(name: string, calls: string[]) {
  const requests: RunRequest[] = []
  const runner: Runner = {
    start: () => calls.push(`${name} start`),
    pause: () => calls.push(`${name} pause`),
    setUploads: () => {},
    setAttribute: () => {},
    save: () => {},
    close: () => calls.push(`${name} close`),
  }
  const run: Place = request => {
    requests.push(request)
    return Promise.resolve(runner)
  }
  const last = () => requests.at(-1) as RunRequest
  return { run, last }
}

const FORBIDDEN: Place = () => Promise.reject(new TypeError('forbidden'))

/** An attempt of one share, with what it tells the widget in `calls`. */
function attemptOf(calls: string[]) {
  const nowhere = Promise.withResolvers<void>()
  const attempt = new Attempt('0'.repeat(40), {
    options: () => OPTIONS,
    uploads: () => true,
    isDark: () => false,
    onStatus: ({ state }) => calls.push(state),
    onFrame: () => {},
    onNowhere: nowhere.resolve,
  })
  return { attempt, nowhere: nowhere.promise }
}

/** Resolves when everything that was ready to run has run. */
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('runs in the first place that takes it, and reports its status', async () => {
  const calls: string[] = []
  const { attempt } = attemptOf(calls)
  const frame = place('frame', calls)
  void attempt.run([FORBIDDEN, frame.run])
  await turn()
  frame.last().onStatus(DOWNLOADING)
  expect(calls).toEqual(['frame start', 'downloading'])
})

test('moves on when a place refuses before the first byte, and not after', async () => {
  const calls: string[] = []
  const { attempt } = attemptOf(calls)
  const page = place('page', calls)
  const frame = place('frame', calls)
  void attempt.run([page.run, frame.run, FORBIDDEN])
  await turn()
  expect(page.last().onRefused()).toBe(true)
  await turn()
  expect(calls).toEqual(['page start', 'page close', 'frame start'])
  frame.last().onStatus(DOWNLOADING)
  expect(frame.last().onRefused()).toBe(false)
})

test('stays in the last place when that refuses', async () => {
  const { attempt } = attemptOf([])
  const page = place('page', [])
  void attempt.run([page.run])
  await turn()
  expect(page.last().onRefused()).toBe(false)
})

test('says when no place takes it', async () => {
  const { attempt, nowhere } = attemptOf([])
  await attempt.run([FORBIDDEN, FORBIDDEN])
  await nowhere
  expect(attempt.runner).toBeNull()
})

test('closed while a place is still answering, it closes what comes late and reports nothing', async () => {
  const calls: string[] = []
  const { attempt } = attemptOf(calls)
  const page = place('page', calls)
  void attempt.run([page.run])
  attempt.close()
  await turn()
  page.last().onStatus(DOWNLOADING)
  expect(calls).toEqual(['page close'])
  expect(page.last().onRefused()).toBe(false)
})
