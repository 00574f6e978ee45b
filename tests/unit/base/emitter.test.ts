import { expect, test } from 'vitest'
import { Emitter } from '../../../lib/base/emitter.ts'

class Door extends Emitter<{ knock: [string, number]; shut: [] }> {
  knock(who: string, times: number): void {
    this.emit('knock', who, times)
  }
  shut(): void {
    this.emit('shut')
  }
}

test('listeners get each event with its arguments, in their order, and only those of their event', () => {
  const door = new Door()
  const heard: unknown[] = []
  door
    .on('knock', (...args) => heard.push(['first', ...args]))
    .on('knock', who => heard.push(['second', who]))
  door.knock('wind', 2)
  door.shut()
  expect(heard).toEqual([
    ['first', 'wind', 2],
    ['second', 'wind'],
  ])
})

test('once is once, also where the listener makes the event happen again', () => {
  const door = new Door()
  let count = 0
  door.once('shut', () => {
    count++
    door.shut()
  })
  door.shut()
  expect(count).toBe(1)
})

test('a listener can be removed, also one that was to hear one event, and while an event goes on', () => {
  const door = new Door()
  const heard: string[] = []
  const second = () => heard.push('second')
  door.once('shut', second)
  door.removeListener('shut', second)
  door.on('knock', () => {
    heard.push('first')
    door.removeListener('knock', second)
  })
  door.on('knock', second)
  door.shut()
  door.knock('wind', 1)
  door.knock('wind', 1)
  // Of the event that is under way, everybody hears.
  expect(heard).toEqual(['first', 'second', 'first'])
})
