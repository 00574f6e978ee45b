import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const READ_BYTES = 16 * 1024 * 1024
/** Longer than anything that is looked for. */
const OVERLAP_BYTES = 4096

/** Which of `needles` are in the memory of a process (Linux): its heap, stacks and buffers, whatever it may write to. */
export function findInMemory(pid: number, needles: ReadonlyMap<string, Buffer>): string[] {
  const found = new Set<string>()
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const [start, end] of writableRanges(pid)) {
      for (let at = start; at < end; at += READ_BYTES - OVERLAP_BYTES) {
        const part = buffer.subarray(0, readAt(memory, buffer, at, Math.min(READ_BYTES, end - at)))
        for (const [name, needle] of needles) if (part.includes(needle)) found.add(name)
      }
    }
  } finally {
    closeSync(memory)
    buffer.fill(0)
  }
  return [...found]
}

function writableRanges(pid: number): [start: number, end: number][] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  return lines.flatMap(line => {
    const [, start = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
    return start === '' ? [] : [[Number.parseInt(start, 16), Number.parseInt(end, 16)]]
  })
}

/** A range may be gone by now. */
function readAt(memory: number, buffer: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, buffer, 0, length, at)
  } catch {
    return 0
  }
}
