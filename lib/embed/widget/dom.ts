/** An element with `name` as its class and as its part, so that a page can style it by `::part(name)`. */
export function createPart<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  element.className = name
  element.setAttribute('part', name)
  return element
}

/** Show `text` in `element`; an empty text hides the element. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
  element.hidden = text === ''
}

/** Set a custom property (`--name`) of `element`, or remove it with null. */
export function setProperty({ style }: HTMLElement, name: string, value: string | null): void {
  if (value === null) style.removeProperty(name)
  else style.setProperty(name, value)
}

/** `#000` or `#fff`, whichever reads better on `#rrggbb` (relative luminance of WCAG 2, equal contrast at 0.179). */
export function readableOn(color: string): '#000' | '#fff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff'
}
