import { z } from 'zod'
import { commaList, isContact, isOperatorKey, operatorKeyList, wholeNumber } from './values.ts'

/** Who runs this server, and how people reach them. */
export const operatorSettings = {
  operatorKey: z
    .string()
    .refine(isOperatorKey, 'must be at least 16 letters, digits, - or _')
    .optional()
    .meta({
      description:
        'Key of the operator: for `/admin` and `tabseed admin`, and accepted in place of the owner key of every share. Prefer the environment: flags show in process lists.',
      example: 'a-long-random-text',
      secret: true,
    }),
  operatorKeys: commaList.transform(operatorKeyList).meta({
    description:
      'Further operators with keys of their own, `name:key` separated by commas: the audit log has the name of who did something.',
    default: '',
    example: 'ann:a-long-random-text,bob:another-long-text',
    secret: true,
  }),
  contact: z
    .string()
    .refine(isContact, 'must be a mail address, or a URL that begins with https://, http:// or mailto:')
    .optional()
    .meta({
      description:
        'Where people reach whoever runs this server: a mail address or a URL. It stands at the foot of every page, and beside every refusal of what was blocked, for appeals.',
      example: 'abuse@example.org',
    }),
  terms: z.string().optional().meta({
    description:
      'Terms of use, linked at the foot of every page: a URL, or a file of plain text (UTF-8, paragraphs separated by empty lines) that is shown at `/terms`. Read at the start.',
    example: '/etc/tabseed/terms.txt',
  }),
  privacy: z.string().optional().meta({
    description:
      'Privacy statement, in the same way: a URL, or a file of plain text. `/privacy` shows it below what this server keeps, which it says in any case.',
    example: 'https://example.org/privacy',
  }),
  keepAddresses: wholeNumber(1, 3_650).optional().meta({
    description:
      'Days for which the IP address is kept from which a share was published, for operators; `/privacy` says so then. Without it no address is kept.',
    example: '7',
  }),
}
