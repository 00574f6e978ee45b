import { describe, expect, it } from 'vitest'
import { AnswerTimes } from '../../../../lib/engine/schedule/answer-times.ts'

/** A peer that owes us blocks and has sent ten of them, `every` milliseconds apart; the last one came at the time returned. */
function answering(every: number): { readonly answers: AnswerTimes; readonly at: number } {
  const answers = new AnswerTimes()
  answers.asked(0)
  let at = 0
  for (let block = 0; block < 10; block++) {
    at += every
    answers.settled(at, { isBlock: true, more: true })
  }
  return { answers, at }
}

describe('AnswerTimes', () => {
  it.each([
    { every: 10, silent: 1_900, stops: 2_100 },
    { every: 1_000, silent: 3_000, stops: 5_500 },
    { every: 8_000, silent: 9_900, stops: 10_100 },
  ])('takes a peer with a block every $every ms to have stopped a few times as long after the last', row => {
    const { answers, at } = answering(row.every)
    answers.check(at + row.silent)
    expect(answers.stopped).toBe(false)
    answers.check(at + row.stops)
    expect(answers.stopped).toBe(true)
    answers.settled(at + row.stops, { isBlock: true, more: true })
    expect(answers.stopped).toBe(false)
  })

  it('gives a new peer three seconds', () => {
    const answers = new AnswerTimes()
    answers.asked(100)
    answers.check(3_000)
    expect(answers.stopped).toBe(false)
    answers.check(3_200)
    expect(answers.stopped).toBe(true)
  })

  it('does not blame a peer that owes nothing, or one that was only asked again', () => {
    const { answers, at } = answering(10)
    answers.settled(at, { isBlock: true, more: false })
    answers.check(at + 60_000)
    expect(answers.stopped).toBe(false)
    answers.asked(at + 60_000)
    answers.check(at + 61_000)
    expect(answers.stopped).toBe(false)
  })

  it('does not forget that a peer stopped when its requests are taken back', () => {
    const { answers, at } = answering(10)
    answers.check(at + 3_000)
    answers.settled(at + 3_000, { isBlock: false, more: false })
    expect(answers.stopped).toBe(true)
  })
})
