import type { ReactNode } from 'react'

interface StatsProps {
  readonly label: string
  readonly children: ReactNode
}

/** A row of labelled figures, which stay in place while they change. */
export function Stats({ label, children }: StatsProps) {
  return (
    <dl aria-label={label} className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
      {children}
    </dl>
  )
}

export function Stat({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-xl tabular-nums">{value}</dd>
    </div>
  )
}
