import { clsx } from 'clsx'
import { Ban, ChevronRight } from 'lucide-react'
import type { ReactNode, Ref } from 'react'

interface DisclosureProps {
  readonly title: ReactNode
  readonly open?: boolean
  readonly className?: string
  readonly ref?: Ref<HTMLDetailsElement>
  readonly onOpen?: () => void
  readonly children: ReactNode
}

/** Something folded away. Native, so that it works before scripts and in find-in-page. */
export function Disclosure({ title, open = false, className, ref, onOpen, children }: DisclosureProps) {
  return (
    <details
      ref={ref}
      open={open}
      className={clsx('group/disclosure', className)}
      onToggle={({ currentTarget }) => currentTarget.open && onOpen?.()}
    >
      <summary className="flex min-h-12 list-none items-center gap-2 rounded-control font-semibold [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden="true"
          className="size-5 shrink-0 text-muted transition-transform rtl:rotate-180 group-open/disclosure:rotate-90"
        />
        {title}
      </summary>
      <div className="pt-1 pb-3">{children}</div>
    </details>
  )
}

interface UnavailableProps {
  readonly title: ReactNode
  /** Why it cannot be used here. */
  readonly reason: ReactNode
}

/** In place of a `Disclosure` that cannot be used here. */
export function Unavailable({ title, reason }: UnavailableProps) {
  return (
    <div data-unavailable className="flex min-h-12 items-start gap-2 py-3 text-muted">
      <Ban aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
      <div>
        <p className="font-semibold">{title}</p>
        <p className="text-sm">{reason}</p>
      </div>
    </div>
  )
}
