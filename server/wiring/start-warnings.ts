import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'

const PUBLIC_URL_MISSING =
  'TABSEED_PUBLIC_URL is needed where TABSEED_HOST lets other machines in: until it is set to the address at which people reach this server, such as https://share.example.org, whoever asks chooses what links begin with (any: that is meant)'

const PUBLISH_UNSTATED =
  'everybody who reaches this server may publish on it: TABSEED_PUBLISH=token asks for an invitation, TABSEED_PUBLISH=open says that this is meant'

/** Says what an operator may have overlooked, a line each. */
export function warnAtStart(config: Config, log: Log): void {
  if (config.publicUrl?.startsWith('https:') && config.trustedProxies.length === 0) {
    log.warn('TABSEED_PUBLIC_URL is https, so a proxy is in front: name it in TABSEED_TRUSTED_PROXIES')
  }
  if (config.publicUrlMissing) log.warn(PUBLIC_URL_MISSING)
  if (config.publishUnstated) log.warn(PUBLISH_UNSTATED)
}
