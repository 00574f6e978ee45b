import { Switch as SwitchPrimitive } from 'radix-ui'
import { type ComponentProps, type ReactNode, useId } from 'react'

interface Labels {
  readonly label: string
  readonly hint: string
}

const box = 'w-full rounded-control border border-edge bg-surface px-3 py-2 text-ink'

/** A field below its label and hint; `render` gets the attributes that link it to them. */
function Labelled({
  label,
  hint,
  render,
}: Labels & { readonly render: (ties: { id: string; 'aria-describedby': string }) => ReactNode }) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="font-semibold">
        {label}
      </label>
      <p id={`${id}-hint`} className="mb-1.5 text-muted text-sm">
        {hint}
      </p>
      {render({ id, 'aria-describedby': `${id}-hint` })}
    </div>
  )
}

/** A labelled line of text with a hint. */
export function TextField({ label, hint, ...props }: Labels & ComponentProps<'input'>) {
  return (
    <Labelled
      label={label}
      hint={hint}
      render={ties => <input className={`${box} min-h-11`} {...ties} {...props} />}
    />
  )
}

/** The same for several lines. */
export function TextArea({ label, hint, ...props }: Labels & ComponentProps<'textarea'>) {
  return (
    <Labelled
      label={label}
      hint={hint}
      render={ties => <textarea rows={3} className={box} {...ties} {...props} />}
    />
  )
}

interface SelectFieldProps extends ComponentProps<'select'> {
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

/** A labelled choice of one in a list. */
export function SelectField({ label, hint, options, ...props }: Labels & SelectFieldProps) {
  return (
    <Labelled
      label={label}
      hint={hint}
      render={ties => (
        <select className={`${box} min-h-11`} {...ties} {...props}>
          {options.map(({ label, value }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    />
  )
}

/** A switch that a form sends as `on`. */
export function SwitchField({
  label,
  hint,
  name,
  defaultChecked = false,
}: Labels & { readonly name: string; readonly defaultChecked?: boolean }) {
  const id = useId()
  return (
    <div className="flex items-center justify-between gap-4">
      <div>
        <label htmlFor={id} className="font-semibold">
          {label}
        </label>
        <p id={`${id}-hint`} className="text-muted text-sm">
          {hint}
        </p>
      </div>
      <SwitchPrimitive.Root
        id={id}
        name={name}
        defaultChecked={defaultChecked}
        aria-describedby={`${id}-hint`}
        className="group grid h-11 w-14 shrink-0 place-items-center rounded-full"
      >
        <span className="flex h-7 w-12 items-center rounded-full border-2 border-edge bg-sunken p-0.5 transition-colors group-data-[state=checked]:border-leaf group-data-[state=checked]:bg-leaf">
          <SwitchPrimitive.Thumb className="size-5 rounded-full bg-edge transition-transform data-[state=checked]:translate-x-5 rtl:data-[state=checked]:-translate-x-5 data-[state=checked]:bg-on-leaf" />
        </span>
      </SwitchPrimitive.Root>
    </div>
  )
}
