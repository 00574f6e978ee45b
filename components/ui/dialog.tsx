import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { Button } from './button.tsx'

interface DialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly description?: string
  /** Name of the button in the corner. Without it the dialog asks for a decision. */
  readonly closeLabel?: string
  /** `screen`: all of it. */
  readonly size?: 'medium' | 'screen'
  readonly children: ReactNode
}

/** A modal dialog: keeps the focus, closes with Escape, gives the focus back to what opened it. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  closeLabel,
  size = 'medium',
  children,
}: DialogProps) {
  const opener = useRef<Element | null>(null)
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-qr-dark/50" />
        <Primitive.Content
          role={closeLabel ? 'dialog' : 'alertdialog'}
          onOpenAutoFocus={() => {
            opener.current = document.activeElement
          }}
          // Radix gives the focus to a `Trigger` of its own, and to nothing where there is none.
          onCloseAutoFocus={event => {
            event.preventDefault()
            if (opener.current instanceof HTMLElement) opener.current.focus()
          }}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={clsx(
            'fixed z-50 overflow-y-auto bg-surface p-6 outline-none',
            size === 'screen'
              ? 'inset-0'
              : 'inset-x-4 top-1/2 mx-auto max-h-[calc(100dvh-2rem)] max-w-md -translate-y-1/2 rounded-card border border-line shadow-float',
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <Primitive.Title className="font-semibold text-xl">{title}</Primitive.Title>
            {closeLabel && (
              <Primitive.Close asChild>
                <Button look="quiet" size="icon" aria-label={closeLabel} className="-mt-2 -me-2">
                  <X />
                </Button>
              </Primitive.Close>
            )}
          </div>
          {description && (
            <Primitive.Description className="mt-2 text-muted">{description}</Primitive.Description>
          )}
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
