import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { bytes, duration, type Output, type PanelContent, percent, perSecond } from '../output.ts'

/** What a transfer is about. */
interface Transferred {
  readonly name: string
  /** Where the files are, or will be. */
  readonly place: string
  /** Bytes given before this swarm was joined. */
  readonly uploadedBefore?: number
}

/** Shows what a swarm does, in the nine lines that BitTorrent's headless client had. */
export class SwarmStatus {
  readonly #panel: ReturnType<Output['panel']>
  readonly #about: Transferred

  constructor(output: Output, about: Transferred) {
    this.#panel = output.panel()
    this.#about = about
  }

  /** Times its size that it was given, also before this swarm was joined. */
  ratio({ length, uploaded }: SwarmSnapshot): number {
    return ratioOf((this.#about.uploadedBefore ?? 0) + uploaded, length)
  }

  /** `atOnce`: it will not be told again. */
  update(swarm: SwarmSnapshot, atOnce = false): void {
    this.#panel.update(() => describe(swarm, this.#about), atOnce)
  }
}

/** Times its size that a share was given. */
const ratioOf = (uploaded: number, length: number): number => (length === 0 ? 0 : uploaded / length)

function describe(swarm: SwarmSnapshot, { name, place, uploadedBefore = 0 }: Transferred): PanelContent {
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
      `${peers.length} connected, ${percent(meanProgress)} done in the mean${servers > 0 ? `; ${servers} web seed(s)` : ''}`,
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
  }
  return { lines, plain, value: { progress } }
}
