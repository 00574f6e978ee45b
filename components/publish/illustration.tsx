/** A browser tab from which a sprout grows. Decoration. */
export function Illustration({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 112 80" aria-hidden="true" className={className}>
      <path
        className="fill-sunken"
        d="M8 72V52c0-5 3-8 8-8h22c5 0 7 2.5 8.5 6.5L48 54h48c5 0 8 3 8 8v10H8Z"
      />
      <path className="fill-none stroke-edge" strokeWidth="2.5" strokeLinecap="round" d="M3 72h106" />
      <circle className="fill-edge" cx="20" cy="58" r="2.5" />
      <circle className="fill-edge" cx="29" cy="58" r="2.5" />
      <circle className="fill-edge" cx="38" cy="58" r="2.5" />
      <path
        className="fill-none stroke-leaf"
        strokeWidth="3.5"
        strokeLinecap="round"
        d="M66 71c0-14-1-22-4-32"
      />
      <path className="fill-leaf" d="M61 40C45 41 36 32 35 16c16-1 26 8 26 24Z" />
      <path className="fill-leaf/70" d="M64 47c-1-14 7-23 24-22 0 15-9 23-24 22Z" />
    </svg>
  )
}
