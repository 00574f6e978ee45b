import { SETTINGS } from '../config/config.ts'
import { type Option, text, value } from './options.ts'

/** The server's settings as options. */
export const SETTING_OPTIONS: Readonly<Record<string, Option<string | undefined>>> = Object.fromEntries(
  SETTINGS.map(({ default: fallback, description, env, flag }) => [
    flag,
    value(`${description}${fallback ? ` Default: ${fallback}.` : ''} (${env})`, 'VALUE', text),
  ]),
)
