/**
 * Copies `text` to the clipboard; resolves to whether it is there. Pages over plain http have no `navigator.clipboard`: there
 * a hidden field is copied from (W3C Clipboard API, section 10, `execCommand`). `beside` is the element that was pressed: in a
 * dialog only elements of the dialog can be focused, so the field is placed next to it.
 */
export async function copyText(text: string, beside: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text, beside)
  }
}

function copySelected(text: string, beside: Element): boolean {
  const focused = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.ariaHidden = 'true'
  field.style.cssText = 'position:fixed;inset:0 auto auto 0;opacity:0'
  beside.after(field)
  field.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    if (focused instanceof HTMLElement) focused.focus()
  }
}
