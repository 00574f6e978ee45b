/** Outlines of the logo in a square of 32: a browser tab with a two-leaf sprout. `app/icon.svg` has the same outlines. */
export const LOGO = {
  tab: 'M3 26V10.5C3 7.5 5.2 5 8.5 5h7c3 0 4.4 1.6 5 4l.5 2H26c1.8 0 3 1.2 3 3v12c0 1.2-.8 2-2 2H5c-1.2 0-2-.8-2-2Z',
  stem: 'M16 25v-6.5',
  leaves:
    'M15.6 19.4c-4.6.3-6.8-2-7-5.9 4.4-.5 7 1.7 7 5.9Zm.8-1.5c-.2-3.3 1.7-5.4 6.2-5.3.2 3.6-2.2 5.7-6.2 5.3Z',
} as const

/** The logo. Decorative: hidden from screen readers. */
export function Logo({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <path className="fill-leaf" d={LOGO.tab} />
      <path className="fill-none stroke-on-leaf" strokeWidth="2" strokeLinecap="round" d={LOGO.stem} />
      <path className="fill-on-leaf" d={LOGO.leaves} />
    </svg>
  )
}
