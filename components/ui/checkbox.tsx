import { Check, Minus } from 'lucide-react'
import { Checkbox as Primitive } from 'radix-ui'

interface CheckboxProps {
  readonly checked: boolean | 'indeterminate'
  readonly label: string
  readonly onChange: (checked: boolean) => void
}

/** A 20 px box in a 44 px target. */
export function Checkbox({ checked, label, onChange }: CheckboxProps) {
  return (
    <Primitive.Root
      checked={checked}
      aria-label={label}
      onCheckedChange={next => onChange(next === true)}
      className="group grid size-11 shrink-0 place-items-center rounded-control"
    >
      <span className="grid size-5 place-items-center rounded-[0.3125rem] border-2 border-edge bg-surface text-on-leaf transition-colors group-data-[state=checked]:border-leaf group-data-[state=checked]:bg-leaf group-data-[state=indeterminate]:border-leaf group-data-[state=indeterminate]:bg-leaf">
        <Primitive.Indicator>
          {checked === 'indeterminate' ? (
            <Minus className="size-4" strokeWidth={3} />
          ) : (
            <Check className="size-4" strokeWidth={3} />
          )}
        </Primitive.Indicator>
      </span>
    </Primitive.Root>
  )
}
