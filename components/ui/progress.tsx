import { clsx } from 'clsx'
import { Progress as Primitive } from 'radix-ui'

interface ProgressProps {
  /** 0 to 1. */
  readonly value: number
  readonly label: string
  readonly valueText?: string
  readonly className?: string
}

export function Progress({ value, label, valueText, className }: ProgressProps) {
  const percent = Math.min(100, Math.max(0, value * 100))
  return (
    <Primitive.Root
      value={percent}
      aria-label={label}
      getValueLabel={() => valueText ?? `${Math.floor(percent)} %`}
      className={clsx('h-3 overflow-hidden rounded-full bg-sunken', className)}
    >
      <Primitive.Indicator
        className="h-full w-full origin-left rounded-full bg-leaf rtl:origin-right"
        style={{ transform: `scaleX(${percent / 100})` }}
      />
    </Primitive.Root>
  )
}
