import type { RefObject } from 'react'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Progress } from '../ui/progress.tsx'

interface ProgressHeadProps {
  /** Gets the focus when the step changes. */
  readonly heading: RefObject<HTMLHeadingElement | null>
  readonly headline: string
  /** 0 to 1. */
  readonly value: number
  /** Accessible name of the bar. */
  readonly label: string
}

/** A headline with percentage and progress bar. */
export function ProgressHead({ heading, headline, value, label }: ProgressHeadProps) {
  const format = useFormat()
  return (
    <>
      <div className="flex items-baseline justify-between gap-4 tabular-nums">
        <h2 ref={heading} tabIndex={-1} className="font-bold text-2xl tracking-tight outline-none">
          {headline}
        </h2>
        <p className="font-bold text-2xl">{format.percent(value)}</p>
      </div>
      <Progress value={value} label={label} valueText={format.percent(value)} />
    </>
  )
}
