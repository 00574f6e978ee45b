import { type ClassValue, clsx } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

// Without our names of radii and shadows, a later class would not replace an earlier one.
const merge = extendTailwindMerge({
  extend: { theme: { radius: ['control', 'card'], shadow: ['raised', 'float'] } },
})

/** Class names joined; of two that set the same property the later wins. */
export const cn = (...classes: ClassValue[]): string => merge(clsx(classes))
