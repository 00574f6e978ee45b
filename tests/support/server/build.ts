import { buildIfStale } from '../../../server/pages/build.ts'

/** Before any test: test files that run at once would build at once. */
export const setup = buildIfStale
