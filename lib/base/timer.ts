/**
 * A `setTimeout` that does not keep a Node process alive; in a browser, a plain one. `callback` runs after `delayMs`
 * milliseconds unless `clearTimeout` gets the result first.
 */
export function setBackgroundTimeout(callback: () => void, delayMs: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, delayMs)
  if (typeof timer === 'object') timer.unref()
  return timer
}
