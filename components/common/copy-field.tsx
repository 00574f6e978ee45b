import { type ReactNode, useId, useRef } from 'react'
import { CopyButton } from './copy-button.tsx'

interface CopyFieldProps {
  readonly label: string
  readonly value: string
  readonly copyLabel: string
  readonly look?: 'primary' | 'secondary'
  /** More actions, beside the copy button. */
  readonly children?: ReactNode
}

/** A value to copy: selected as a whole on focus, copied with one button. */
export function CopyField({ label, value, copyLabel, look, children }: CopyFieldProps) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  return (
    <div>
      <label htmlFor={id} className="font-semibold">
        {label}
      </label>
      <div className="mt-1.5 flex flex-wrap gap-2">
        <input
          ref={field}
          id={id}
          readOnly
          dir="ltr"
          value={value}
          onFocus={event => event.currentTarget.select()}
          className="min-h-11 min-w-0 grow basis-72 text-ellipsis rounded-control border border-edge bg-page px-3 print:hidden"
        />
        {/* A field cuts what is longer than it. */}
        <span className="hidden break-all print:block">{value}</span>
        <CopyButton
          text={value}
          label={copyLabel}
          select={() => {
            field.current?.focus()
            field.current?.select()
          }}
          {...(look && { look })}
        />
        {children}
      </div>
    </div>
  )
}
