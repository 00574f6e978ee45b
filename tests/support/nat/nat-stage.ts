import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { newPerson } from '../browser/pages.ts'
import { tempFolder } from '../content/fixtures.ts'
import { type LabService, labService } from '../net/lab-server.ts'
import { LAN_V4, type NatLab, PUBLIC_V4, PUBLIC_V6, SECOND_V4 } from './nat-lab.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** That of the example. */
const TURN_SECRET = 'a-long-random-text'
const STUN_PORT = 3478

const STUN_HOSTS = [PUBLIC_V4, SECOND_V4, `[${PUBLIC_V6}]`]

/** Settings of a server that has STUN, and one that has TURN too. */
export const STUN = [
  '--ice-servers',
  JSON.stringify([{ urls: STUN_HOSTS.map(host => `stun:${host}:${STUN_PORT}`) }]),
]
export const TURN = [
  ...STUN,
  '--turn-urls',
  [`turn:${PUBLIC_V4}:${STUN_PORT}`, `turn:${PUBLIC_V4}:${STUN_PORT}?transport=tcp`].join(),
  '--turn-secret',
  TURN_SECRET,
]

/** Settings of a server whose TURN is reached over TLS alone, where https is. */
export const TURN_TLS = ['--turn-urls', `turns:${PUBLIC_V4}:443?transport=tcp`, '--turn-secret', TURN_SECRET]

/** coturn on the public host, with the configuration of docs/networking.md. */
export async function labTurn(lab: NatLab): Promise<LabService> {
  const folder = tempFolder()
  const config = join(folder.path, 'turnserver.conf')
  const at = (name: string) => join(folder.path, name)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=turn.example', '-addext', `subjectAltName=IP:${PUBLIC_V4}`],
      ...['-keyout', at('key.pem'), '-out', at('cert.pem')],
    ],
    { stdio: 'ignore' },
  )
  lab.trust(at('cert.pem'))
  const example = readFileSync(join(ROOT, 'docs/examples/turnserver.conf'), 'utf8')
  writeFileSync(
    config,
    [
      example
        .replace(/^no-stdout-log$/m, '')
        .replace(/^log-file=.*$/m, 'log-file=stdout')
        // As its comment says for who has a certificate.
        .replace(/^no-tls$/m, `cert=${at('cert.pem')}\npkey=${at('key.pem')}\ntls-listening-port=443`),
      `listening-ip=${SECOND_V4}`,
      `listening-ip=${PUBLIC_V6}`,
      `pidfile=${at('pid')}`,
      `userdb=${at('turndb')}`,
    ].join('\n'),
  )
  return labService(
    lab,
    () => lab.spawn('public', 'turnserver', '-c', config),
    /Total General servers|IO method|relay thread/i,
    folder,
  )
}

/** Only secure pages may hash and connect; in the laboratory these count as such. */
export const LAN_ORIGIN = `http://${LAN_V4}:3000`
const PAGES = [3001, 3002, 3003, 3004].flatMap(port => [
  `http://${PUBLIC_V4}:${port}`,
  `http://[${PUBLIC_V6}]:${port}`,
])

/** Somebody at a computer of the laboratory. */
export async function labPerson(lab: NatLab, name: string): Promise<Page> {
  return newPerson(await lab.chromium(name, [...PAGES, LAN_ORIGIN]))
}
