import { cva, type VariantProps } from 'class-variance-authority'
import { clsx } from 'clsx'
import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'

const button = cva(
  'inline-flex max-w-full shrink-0 items-center justify-center gap-2 rounded-control font-semibold transition-colors disabled:opacity-60 [&_svg]:size-5 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        primary: 'bg-leaf text-on-leaf hover:bg-leaf-strong',
        secondary: 'border border-edge bg-surface text-ink hover:bg-sunken',
        quiet: 'text-muted hover:bg-sunken hover:text-ink',
        danger: 'border border-red text-red hover:bg-red-soft',
      },
      size: {
        medium: 'min-h-11 px-4 py-2',
        large: 'min-h-14 px-6 py-3 text-lg',
        icon: 'size-11',
      },
    },
    defaultVariants: { look: 'secondary', size: 'medium' },
  },
)

type ButtonProps = ComponentProps<'button'> & VariantProps<typeof button> & { readonly asChild?: boolean }

/** A button, or with `asChild` a link that looks like one. A class that replaces one of its own needs an exclamation mark: `px-3!`. */
export function Button({ className, look, size, asChild = false, type = 'button', ...props }: ButtonProps) {
  const classes = clsx(button({ look, size }), className)
  if (asChild) return <Slot.Root className={classes} {...props} />
  return <button type={type} className={classes} {...props} />
}
