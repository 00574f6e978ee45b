/** Runs `next build` when there is no build yet or what goes into it changed; says in one line why. */
import { buildIfStale } from '../server/pages/build.ts'

buildIfStale()
