import { Search, X } from 'lucide-react'
import { type ComponentProps, useRef } from 'react'
import { Button } from './button.tsx'

type SearchFieldProps = Omit<ComponentProps<'input'>, 'type' | 'value' | 'onChange'> & {
  readonly value: string
  readonly onValue: (value: string) => void
  /** What the button says that clears it. */
  readonly clearLabel: string
}

/** A field to search with, and a button that clears it: that of browsers is too small for a finger, and has a colour of its own. */
export function SearchField({ value, onValue, clearLabel, ...props }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null)
  return (
    <div className="relative">
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute inset-y-0 start-3 my-auto size-5 text-muted"
      />
      <input
        ref={field}
        type="search"
        value={value}
        onChange={({ target }) => onValue(target.value)}
        className="min-h-11 w-full rounded-control border border-edge bg-surface ps-10 pe-11 text-ink placeholder:text-muted [&::-webkit-search-cancel-button]:hidden"
        {...props}
      />
      {value !== '' && (
        <Button
          look="quiet"
          size="icon"
          aria-label={clearLabel}
          className="absolute inset-y-0 end-0 my-auto"
          onClick={() => {
            onValue('')
            field.current?.focus()
          }}
        >
          <X aria-hidden="true" />
        </Button>
      )}
    </div>
  )
}
