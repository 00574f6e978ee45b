import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { bytes, duration, type Output, type PanelContent, percent, perSecond } from '../output.ts'

/** What a transfer is about. */
interface Transferred {
  readonly name: string
  /** Where the files are, or will be. */
  readonly place: string
  /** Bytes uploaded before this swarm was joined. */
  readonly uploadedBefore?: number
}

/** Shows the state of a swarm, in the nine lines of BitTorrent's headless client. */
export class SwarmStatus {
  readonly #output: Output
  readonly #panel: ReturnType<Output['panel']>
  readonly #about: Transferred

  constructor(output: Output, about: Transferred) {
    this.#output = output
    this.#panel = output.panel()
    this.#about = about
  }

  /** Bytes uploaded, also before this swarm was joined, as a multiple of the share's size. */
  ratio({ length, uploaded }: SwarmSnapshot): number {
    return ratioOf((this.#about.uploadedBefore ?? 0) + uploaded, length)
  }

  /** Shows `swarm`, unless the last update was a moment ago. */
  update(swarm: SwarmSnapshot): void {
    this.#panel.update(() => describe(swarm, this.#about, this.#output))
  }

  /** Shows `swarm` in any case: it is the last one. */
  finish(swarm: SwarmSnapshot): void {
    this.#panel.update(() => describe(swarm, this.#about, this.#output), { atOnce: true })
  }
}

const ratioOf = (uploaded: number, length: number): number => (length === 0 ? 0 : uploaded / length)

function describe(
  swarm: SwarmSnapshot,
  { name, place, uploadedBefore = 0 }: Transferred,
  { failingTrackers }: Output,
): PanelContent {
  const { copies, downloaded, downloadRate, length, peers, timeLeft, uploadRate } = swarm
  const uploaded = uploadedBefore + swarm.uploaded
  const done = downloaded === length
  const fraction = length === 0 ? 1 : downloaded / length
  const ratio = ratioOf(uploaded, length)
  const seeds = peers.filter(({ progress }) => progress === 1).length
  const servers = swarm.webSeeds.filter(({ state }) => state === 'active').length
  const meanProgress =
    peers.length === 0 ? 0 : peers.reduce((sum, { progress }) => sum + progress, 0) / peers.length
  const left = done ? 'complete, seeding' : (duration(timeLeft) ?? 'unknown')
  const lines = [
    [done ? 'seeding' : 'saving', `${name} (${bytes(length)})`],
    ['percent done', percent(fraction)],
    ['time left', swarm.problem ? `paused: ${swarm.problem.code}` : left],
    [done ? 'files at' : 'download to', place],
    ['download rate', perSecond(downloadRate)],
    ['upload rate', perSecond(uploadRate)],
    ['share rating', `${ratio.toFixed(3)} (${bytes(uploaded)} up / ${bytes(length)})`],
    ['seed status', `${seeds} connected; ${copies.toFixed(3)} distributed copies`],
    [
      'peer status',
      `${peers.length} connected, ${percent(meanProgress)} done on average${servers > 0 ? `; ${servers} web seed(s)` : ''}`,
    ],
  ] as const
  const plain = done
    ? `seeding: ${perSecond(uploadRate)} up, ratio ${ratio.toFixed(3)}, ${peers.length} peers, ${copies.toFixed(3)} copies`
    : `saving: ${percent(fraction)}, ${bytes(downloaded)} of ${bytes(length)}, ${perSecond(downloadRate)}, ${left} left, ${peers.length} peers`
  const progress = {
    step: done ? 'seeding' : 'saving',
    done: downloaded,
    total: length,
    rate: Math.round(downloadRate),
    timeLeft,
    uploaded,
    uploadRate: Math.round(uploadRate),
    ratio,
    copies,
    seeds,
    peers: peers.length,
    webSeeds: servers,
    problem: swarm.problem?.code ?? null,
    trackers: failingTrackers,
  }
  return { lines, plain, value: { progress } }
}
