import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { blocksSchema } from '../../../../lib/protocol/admin.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

const importedSchema = z.object({ added: z.int(), known: z.int() })

/** The block list, for this or other servers. */
export const blocklistExport = defineCommand({
  name: 'admin blocklist export',
  summary: 'Print everything that is blocked, in a form that import takes.',
  operands: '',
  count: [0, 0],
  options: OPERATOR_OPTIONS,
  examples: [
    [
      'tabseed admin blocklist export > blocked.txt',
      'a line for each: info hash, digest of the content, reason',
    ],
    ['tabseed admin blocklist export --json', 'also who blocked it, when, and what it was called'],
  ],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const list = blocksSchema.parse(await (await ask('GET', 'admin/blocks')).json())
    const text = await (await ask('GET', 'admin/blocks?format=text')).text()
    output.result(text.trimEnd().split('\n'), list)
    return EXIT.done
  },
})

export const blocklistImport = defineCommand({
  name: 'admin blocklist import',
  summary: 'Block everything on a list. What is blocked already stays as it is.',
  operands: 'FILE',
  count: [1, 1],
  options: OPERATOR_OPTIONS,
  notes: [
    'FILE is what export prints, as text or JSON, or any list with an info hash at the beginning of each line.',
  ],
  examples: [['tabseed admin blocklist import blocked.txt', 'a list of another server']],
  async run({ operands: [file = ''], options, output }) {
    const text = readFileSync(file, 'utf8')
    const ask = await operatorAt(options)
    const answer = await ask('POST', 'admin/blocks', readList(text))
    const imported = importedSchema.parse(await answer.json())
    output.result([`${imported.added} blocked, ${imported.known} were blocked already`], imported)
    return EXIT.done
  },
})

/** JSON if it is some; else text, of which the server says what is wrong. */
function readList(text: string): object | string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : text
  } catch {
    return text
  }
}
