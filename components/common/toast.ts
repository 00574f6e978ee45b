import type { ExternalToast, ToastT } from 'sonner'

const sonner = () => import('sonner')

/** Short messages at the bottom of the page, shown by `Toasts`; the library is loaded in an idle moment, or with the first. */
export const toast = {
  show: (text: string): void => say(({ toast }) => toast(text)),
  error: (text: string): void => say(({ toast }) => toast.error(text)),
  /** With a button; stays until it is used or closed. */
  act: (text: string, action: { readonly label: string; readonly onClick: () => void }): void =>
    say(({ toast }) => toast(text, { action, duration: Number.POSITIVE_INFINITY })),
  /** Stays until `dismiss(id)`. */
  loading: (text: string, id: string): void => say(({ toast }) => toast.loading(text, { id, ...STAYS })),
  dismiss: (id: ToastT['id']): void => say(({ toast }) => toast.dismiss(id)),
}

const STAYS: ExternalToast = { duration: Number.POSITIVE_INFINITY, dismissible: false }

/** Without the library there is nothing to show it with. */
function say(show: (library: Awaited<ReturnType<typeof sonner>>) => unknown): void {
  sonner().then(show, () => undefined)
}
