import { execFile } from 'node:child_process'

/** What a service tells its manager (sd_notify(3)). */
export type ServiceState = 'READY=1' | 'STOPPING=1'

/**
 * Tells systemd that this service is ready, or about to stop; nothing happens where no service manager asked for it
 * (`Type=notify`). Node.js has no datagram sockets of the Unix family, so systemd's own program sends it, for which the unit
 * needs `NotifyAccess=all`. Resolves when it is sent. Errors: those of that program.
 */
export function notifyService(state: ServiceState, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!env['NOTIFY_SOCKET']) return Promise.resolve()
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [state], { env }, error => (error ? reject(error) : resolve()))
  })
}
