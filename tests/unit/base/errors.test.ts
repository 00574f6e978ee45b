import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError, ERROR_STATUS, type ErrorCode, toAppError } from '../../../lib/base/errors.ts'

const code = fc.constantFrom(...(Object.keys(ERROR_STATUS) as ErrorCode[]))

test('an error has the status of its code, and its detail in the message', () => {
  fc.assert(
    fc.property(code, fc.string(), (of, detail) => {
      const error = new AppError(of, detail)
      expect(error.status).toBe(ERROR_STATUS[of])
      expect(error.status).toBeGreaterThanOrEqual(400)
      expect(error.status).toBeLessThan(600)
      expect(error.message).toBe(detail === '' ? of : `${of}: ${detail}`)
      expect(toAppError(error)).toBe(error)
    }),
  )
})

test('any other thrown value becomes an internal error with that value as its cause', () => {
  fc.assert(
    fc.property(fc.anything(), thrown => {
      const error = toAppError(thrown)
      expect(error).toBeInstanceOf(AppError)
      expect(error.code).toBe('internal')
      expect(error.cause).toBe(thrown)
    }),
  )
})
