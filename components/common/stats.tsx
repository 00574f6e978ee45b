import type { ReactNode } from 'react'

interface NumbersProps {
  readonly label: string
  readonly children: ReactNode
}

/** A row of labelled figures that keeps its places while they change. */
export function Numbers({ label, children }: NumbersProps) {
  return (
    <dl aria-label={label} className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
      {children}
    </dl>
  )
}

export function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-xl tabular-nums">{value}</dd>
    </div>
  )
}
