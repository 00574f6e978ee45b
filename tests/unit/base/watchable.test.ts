import { describe, expect, it } from 'vitest'
import { Watchable } from '../../../lib/base/watchable.ts'

describe('Watchable', () => {
  it('calls every listener once for each change, and none for the same value', () => {
    const watchable = new Watchable('a')
    const heard: string[] = []
    watchable.subscribe(() => heard.push(`one ${watchable.getSnapshot()}`))
    watchable.subscribe(() => heard.push(`two ${watchable.getSnapshot()}`))
    watchable.set('b')
    watchable.set('b')
    expect(heard).toEqual(['one b', 'two b'])
  })

  it('calls no listener after its unsubscribe, even during a change', () => {
    const watchable = new Watchable(0)
    const heard: number[] = []
    const stop = watchable.subscribe(() => {
      stop()
      heard.push(watchable.getSnapshot())
    })
    watchable.subscribe(() => heard.push(-watchable.getSnapshot()))
    watchable.set(1)
    watchable.set(2)
    expect(heard).toEqual([1, -1, -2])
  })
})
