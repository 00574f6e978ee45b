import { expect, test } from 'vitest'
import { isLoadError } from '../../../lib/base/worker-error.ts'

test.each([
  [undefined, true],
  ['', true],
  [
    "Uncaught NetworkError: Failed to execute 'importScripts' on 'WorkerGlobalScope': The script at 'http://x/a.js' failed to load.",
    true,
  ],
  ['NetworkError: WorkerGlobalScope.importScripts: Failed to load worker script at http://x/a.js', true],
  ['TypeError: error loading dynamically imported module: http://x/a.js', true],
  ['Uncaught TypeError: x is not a function', false],
])('an error of a worker that says "%s" is one of loading: %s', (message, is) => {
  expect(isLoadError(message)).toBe(is)
})
