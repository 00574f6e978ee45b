import { z } from 'zod'
import { lifetimeSeconds } from '../../lib/protocol/lifetime.ts'
import { AUDIENCES, PUBLISH_MODES } from '../../lib/protocol/publishing.ts'
import { onOff } from './values.ts'

/** Seconds that a share lasts; null: it never ends. */
const lifetime = z.string().transform((text, context) => {
  if (text === 'never') return null
  const seconds = lifetimeSeconds(text)
  if (seconds !== null) return seconds
  context.addIssue('must be never, or a time from 1h to 365d, such as 12h or 30d')
  return z.NEVER
})

/** Who may publish, and on which terms. */
export const publishSettings = {
  publish: z.enum(PUBLISH_MODES, { error: 'must be open, token or proxy' }).meta({
    description:
      'Who may publish: `open`, everybody; `token`, who has a token or an invitation of the operator (`tabseed admin token create`); `proxy`, whom the proxy in front has signed in (TABSEED_PUBLISH_USER_HEADER). Downloading is open to everybody in each. A server with a public URL says in its log that everybody may publish, until this is set.',
    default: 'open',
    example: 'token',
  }),
  publishUserHeader: z
    .string()
    .regex(/^[\w-]+$/, 'must be the name of a header')
    .meta({
      description:
        'Header in which the proxy names who it has signed in, with TABSEED_PUBLISH=proxy. It is believed of TABSEED_TRUSTED_PROXIES only; the proxy must remove it from what clients send.',
      default: 'Remote-User',
      example: 'X-Auth-Request-User',
    }),
  expiryDefault: lifetime.meta({
    description:
      'How long a share lasts whose publisher says nothing of it: `never` ends, or a time from `1h` to `365d`; at most TABSEED_EXPIRY_MAX.',
    default: 'never',
    example: '30d',
  }),
  expiryMax: lifetime.meta({
    description:
      'How long a share may last at most, counted from when it is published, or from when its owner extends it: `never` ends, or a time from `1h` to `365d`. Shares of the publish folder never end.',
    default: 'never',
    example: '90d',
  }),
  audience: z.enum(AUDIENCES, { error: 'must be link, everyone or everyone-only' }).meta({
    description:
      'For whom the page that publishes proposes to share: `link`, people who get the link, which encrypts; `everyone`; `everyone-only` does not ask, and nothing is encrypted there. Encrypted shares of other programs are taken in any case.',
    default: 'link',
    example: 'everyone',
  }),
  listed: z.enum(['never', 'offer', 'always'], { error: 'must be never, offer or always' }).meta({
    description:
      'Which shares `/status` and the feed name: `offer`, those whose publisher chose it; `always`, all that are published from now on, which the page says before; `never`, none, also of those that were listed before. Private shares are listed in none.',
    default: 'offer',
    example: 'never',
  }),
  receive: onOff.meta({
    description:
      'Whether people who may publish here may also ask for files: a link with which others send them some, encrypted in their browsers. Where publishing needs a token or a name, what is sent counts to who asked, and senders need none. `off`: nobody can, and links that were made lead nowhere.',
    default: 'on',
    example: 'off',
  }),
}
