/**
 * For `catch`: null for a 404, so that the page can show it; other errors are thrown on to the error page. Compares the status,
 * because the server's `AppError` is another class than the one bundled here.
 */
export function nullWhenAbsent(reason: unknown): null {
  if (reason instanceof Error && 'status' in reason && reason.status === 404) return null
  throw reason
}
