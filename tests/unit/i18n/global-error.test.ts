import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import messages from '../../../lib/i18n/messages/en.json' with { type: 'json' }

it('the page without a catalogue has the sentences of the English one', () => {
  const source = readFileSync(join(import.meta.dirname, '../../../app/global-error.tsx'), 'utf8')
  for (const text of Object.values(messages.failure)) expect(source).toContain(`'${text}'`)
})
