import { useFormat } from '../../lib/react/page/use-format.ts'

interface ProgressAnnouncerProps {
  readonly state: string
  /** 0 to 1. */
  readonly value: number
}

/** Tells screen readers a new state and each further tenth; more would drown everything else. */
export function ProgressAnnouncer({ state, value }: ProgressAnnouncerProps) {
  const format = useFormat()
  return (
    <p role="status" className="sr-only">
      {state}, {format.percent(Math.floor(value * 10) / 10)}
    </p>
  )
}
