import { closeSync, openSync, readSync } from 'node:fs'
import { systemReason } from '../base/system-reason.ts'

/** No secret is longer: whoever names a large file has the wrong one. */
const SECRET_MAX_BYTES = 64 * 1024

/** The variable that names a file with the value of the variable `env`. */
export const fileVariable = (env: string): string => `${env}_FILE`

/**
 * The secret setting `env`, from the variable itself or from the file that `<env>_FILE` names, without the line break at its end; undefined when
 * neither is set. Adds to `problems` what keeps it from being read.
 */
export function readSecret(env: string, from: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const path = from[fileVariable(env)]
  if (!path) return from[env]
  const complain = (what: string) => {
    problems.push(`${fileVariable(env)} ${what}`)
    return undefined
  }
  if (from[env]) return complain(`and ${env} are both set: set one of them`)
  try {
    const text = readStart(path)
      .toString()
      .replace(/\r?\n$/, '')
    if (text === '') return complain(`names an empty file: ${path}`)
    if (text.length >= SECRET_MAX_BYTES)
      return complain(`names a file that is too large for a secret: ${path}`)
    return text
  } catch (reason) {
    return complain(`names a file that cannot be read: ${path}: ${systemReason(reason)}`)
  }
}

/** At most one byte more than a secret may have. */
function readStart(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(SECRET_MAX_BYTES + 1)
    let length = 0
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null)
      length += read
      if (read === 0 || length === bytes.length) return bytes.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}
