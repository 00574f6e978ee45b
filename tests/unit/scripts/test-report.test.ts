import { expect, test } from 'vitest'
import { summarize } from '../../../scripts/test-report.ts'

const file = (name: string, status: string, ...tests: readonly (readonly [string, string])[]) => ({
  name,
  status,
  assertionResults: tests.map(([fullName, result]) => ({ fullName, status: result })),
})

test('counts what passed, failed and was skipped, and names what was skipped', () => {
  const testResults = [
    file('a.test.ts', 'failed', ['one', 'passed'], ['two', 'failed']),
    file('b.test.ts', 'passed', ['three (skipped: needs root)', 'skipped'], ['four', 'todo']),
  ]
  expect(summarize(new Map([['tests', { numPassedTests: 1, testResults }]]), ['tests'])).toEqual({
    lines: [
      'skipped: three (skipped: needs root)',
      'skipped: four',
      'failed: two',
      '1 passed, 1 failed, 2 skipped',
    ],
    failed: 1,
  })
})

test('what is left to long runs is counted apart; one of them that ran and failed is a failure', () => {
  const { assertionResults, ...rest } = file('a.test.ts', 'failed', ['one', 'skipped'], ['two', 'failed'])
  const testResults = [
    { ...rest, assertionResults: assertionResults.map(result => ({ ...result, tags: ['long'] })) },
  ]
  expect(summarize(new Map([['tests', { numPassedTests: 0, testResults }]]), ['tests']).lines).toEqual([
    'failed: two',
    'left to npm run test:long: 1 tests',
    '0 passed, 1 failed, 0 skipped',
  ])
})

test('counts a file that could not be loaded, and steps that failed', () => {
  const testResults = [{ ...file('a.test.ts', 'failed'), message: 'no such module' }]
  const reports = new Map([['tests', { numPassedTests: 0, testResults }]])
  const { failed, lines } = summarize(reports, ['lint', 'tests'])
  expect(failed).toBe(2)
  expect(lines).toContain('file failed: a.test.ts: no such module')
  expect(lines).toContain('step failed: lint')
  expect(lines.at(-1)).toBe('0 passed, 2 failed, 0 skipped')
})

test('loses no failure: not that of a run without failed tests, nor that there is no report', () => {
  const passed = { numPassedTests: 1, testResults: [file('a.test.ts', 'passed', ['one', 'passed'])] }
  expect(summarize(new Map([['tests', passed]]), []).failed).toBe(0)
  expect(summarize(new Map([['tests', passed]]), ['tests']).lines.at(-1)).toBe(
    '1 passed, 1 failed, 0 skipped',
  )
  expect(summarize(new Map([['tests', null]]), ['tests']).lines).toEqual([
    'the tests of step tests did not run',
    '0 passed, 1 failed, 0 skipped',
  ])
})

test('adds up the runs of several steps', () => {
  const run = (name: string, status: string) => ({
    numPassedTests: status === 'passed' ? 1 : 0,
    testResults: [file(name, status, ['one', status])],
  })
  const reports = new Map([
    ['first', run('a.test.ts', 'failed')],
    ['second', run('b.test.ts', 'passed')],
    ['third', null],
  ])
  // The second failed outside of all tests.
  expect(summarize(reports, ['first', 'second', 'third']).lines).toEqual([
    'failed: one',
    'step failed: second, with no failed test: see its log',
    'the tests of step third did not run',
    '1 passed, 3 failed, 0 skipped',
  ])
})

test('names what passed when it was tried again, with the reason of the first failure', () => {
  const [one] = file('a.test.ts', 'passed', ['one', 'passed']).assertionResults
  const again = { fullName: 'two', status: 'passed', failureMessages: ['TimeoutError: 30 s\n    at x.ts:1'] }
  const testResults = [
    { name: 'a.test.ts', status: 'passed', assertionResults: [one, again].flatMap(t => t ?? []) },
  ]
  expect(summarize(new Map([['tests', { numPassedTests: 2, testResults }]]), []).lines).toEqual([
    'tried again: two: TimeoutError: 30 s',
    '2 passed, 0 failed, 0 skipped',
  ])
})
