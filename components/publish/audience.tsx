import { Globe, LockKeyhole } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ComponentType, useId, useState } from 'react'
import { type PasswordStrength, passwordStrength } from '../../lib/publish/password-strength.ts'
import { TextField } from '../ui/field.tsx'

/** Who can open a share: whoever has its link, which has the key; or everybody. */
export type Audience = 'link' | 'everyone'

interface AudienceChoiceProps {
  readonly value: Audience
  readonly onChange: (audience: Audience) => void
}

const CHOICES: readonly (readonly [Audience, ComponentType<{ className?: string }>])[] = [
  ['link', LockKeyhole],
  ['everyone', Globe],
]

const BARS: readonly PasswordStrength[] = ['weak', 'fair', 'strong']
const TONES = { weak: 'text-red', fair: 'text-amber', strong: 'text-leaf' } as const

/** The one question before publishing. */
export function AudienceChoice({ value, onChange }: AudienceChoiceProps) {
  const t = useTranslations('audience')
  const id = useId()
  return (
    <div role="radiogroup" aria-labelledby={`${id}-question`} className="card space-y-3 p-4 sm:p-5">
      <h2 id={`${id}-question`} className="font-semibold text-lg">
        {t('question')}
      </h2>
      <div className="grid gap-2 sm:grid-cols-2">
        {CHOICES.map(([audience, Icon]) => (
          <label
            key={audience}
            className="flex min-h-11 cursor-pointer gap-3 rounded-control border border-edge p-3 has-checked:border-leaf has-checked:bg-leaf-soft has-focus-visible:outline-2 has-focus-visible:outline-leaf has-focus-visible:outline-offset-2"
          >
            <input
              type="radio"
              name="audience"
              value={audience}
              checked={value === audience}
              onChange={() => onChange(audience)}
              aria-labelledby={`${id}-${audience}`}
              aria-describedby={`${id}-${audience}-follows`}
              className="mt-1 size-5 shrink-0 accent-leaf outline-none"
            />
            <span>
              <span id={`${id}-${audience}`} className="flex items-center gap-2 font-semibold">
                {t(audience)}
                <Icon className="size-4 shrink-0 text-muted" />
              </span>
              <span id={`${id}-${audience}-follows`} className="mt-0.5 block text-muted text-sm">
                {t(`${audience}Follows`)}
              </span>
            </span>
          </label>
        ))}
      </div>
      {value === 'link' && <PasswordField />}
    </div>
  )
}

/** For a share that needs a password beside its link. */
function PasswordField() {
  const t = useTranslations('audience')
  const [password, setPassword] = useState('')
  const strength = passwordStrength(password)
  return (
    <div>
      <TextField
        name="password"
        type="password"
        label={t('password')}
        hint={t('passwordHint')}
        autoComplete="new-password"
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <p role="status" data-strength={password === '' ? undefined : strength} className="text-sm">
        {password !== '' && (
          <span className={`mt-1.5 flex items-center gap-2 ${TONES[strength]}`}>
            <span aria-hidden="true" className="flex gap-1">
              {BARS.map((bar, at) => (
                <span
                  key={bar}
                  className={`h-1.5 w-6 rounded-full ${at <= BARS.indexOf(strength) ? 'bg-current' : 'bg-edge/40'}`}
                />
              ))}
            </span>
            {t(strength)}
          </span>
        )}
      </p>
    </div>
  )
}
