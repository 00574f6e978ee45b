/**
 * Whether an error event of a worker says that its script could not be loaded: then it has no message, or that of
 * `importScripts` or of a module it imports. Any other is of a script that runs.
 */
export const isLoadError = (message: string | undefined): boolean =>
  !message || /NetworkError|importScripts|imported module/.test(message)
