import { defineCommand, EXIT } from '../command.ts'
import { examine } from '../doctor/doctor.ts'
import { urls, value } from '../options.ts'
import { SETTING_OPTIONS } from '../settings.ts'

/** What keeps Tabseed from working here, and what to do about it. */
export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check whether this machine and its settings can run Tabseed, and say what to do.',
  operands: '',
  count: [0, 0],
  options: {
    server: value(
      'Check that this server can be reached too.',
      'URL',
      given => urls('http', 'https')(given)[0],
    ),
    ...SETTING_OPTIONS,
  },
  notes: [
    'Looks at what serve would be started with: the same flags, the same environment. Changes nothing.',
  ],
  examples: [
    ['tabseed doctor', 'this machine'],
    ['tabseed doctor --server https://share.example.org', 'and a server elsewhere'],
  ],
  async run({ options: { server, ...settings }, output }) {
    const given = Object.entries(settings).flatMap(([flag, text]) =>
      text === undefined ? [] : [`--${flag}=${text}`],
    )
    const findings = await examine(given, server)
    const lines = findings.flatMap(({ advice, level, name, text }) => [
      `${level.padEnd(4)}  ${name}: ${text}`,
      ...(advice === undefined ? [] : [`      ${advice}`]),
    ])
    const healthy = findings.every(({ level }) => level !== 'fail')
    output.result(lines, { healthy, checks: findings })
    return healthy ? EXIT.done : EXIT.failed
  },
})
