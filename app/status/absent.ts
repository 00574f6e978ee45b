/**
 * For `catch`: null for what is not there (404), so that the page says so; every other failure goes on to the error page. By its
 * status, because the server's own `AppError` is another class than the one bundled here.
 */
export function nullWhenAbsent(reason: unknown): null {
  if (reason instanceof Error && 'status' in reason && reason.status === 404) return null
  throw reason
}
