import { Switch as Primitive } from 'radix-ui'
import { useId } from 'react'

interface SwitchProps {
  readonly checked: boolean
  readonly label: string
  /** What it does, in a sentence. */
  readonly hint: string
  readonly onChange: (checked: boolean) => void
}

/** A setting that takes effect at once; the whole row is the target. */
export function Switch({ checked, hint, label, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className="flex items-center justify-between gap-4">
      <label htmlFor={id} className="min-w-0 cursor-pointer py-1">
        <span className="font-semibold">{label}</span>
        <span id={`${id}-hint`} className="block text-muted text-sm">
          {hint}
        </span>
      </label>
      <Primitive.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        aria-label={label}
        aria-describedby={`${id}-hint`}
        className="group grid h-11 w-14 shrink-0 place-items-center rounded-control"
      >
        <span className="flex h-7 w-12 items-center rounded-full border-2 border-edge bg-surface px-0.5 transition-colors group-data-[state=checked]:border-leaf group-data-[state=checked]:bg-leaf">
          <Primitive.Thumb className="block size-5 rounded-full bg-muted transition-transform data-[state=checked]:translate-x-5 rtl:data-[state=checked]:-translate-x-5 data-[state=checked]:bg-on-leaf motion-reduce:transition-none" />
        </span>
      </Primitive.Root>
    </div>
  )
}
