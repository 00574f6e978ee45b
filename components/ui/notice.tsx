import { cva, type VariantProps } from 'class-variance-authority'
import { clsx } from 'clsx'
import { CircleAlert, CircleCheck, Hourglass, Info } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'

const notice = cva('flex gap-3 rounded-card border p-4', {
  variants: {
    tone: {
      red: 'border-red/40 bg-red-soft [&>svg]:text-red',
      amber: 'border-amber/40 bg-amber-soft [&>svg]:text-amber',
      green: 'border-leaf/40 bg-leaf-soft [&>svg]:text-leaf',
      plain: 'border-line bg-sunken [&>svg]:text-muted',
    },
  },
})

// A shape for each tone, because many people cannot tell the colours apart.
const ICONS = { red: CircleAlert, amber: Hourglass, green: CircleCheck, plain: Info }

type NoticeProps = Omit<ComponentProps<'div'>, 'title'> & {
  readonly tone: NonNullable<VariantProps<typeof notice>['tone']>
  readonly title?: ReactNode
}

/** Something a person should know, with what to do about it. */
export function Notice({ tone, title, className, children, ...props }: NoticeProps) {
  const Icon = ICONS[tone]
  return (
    <div className={clsx(notice({ tone }), className)} {...props}>
      <Icon aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
      <div className="min-w-0 space-y-1">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
    </div>
  )
}
