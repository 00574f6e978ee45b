/** Takes the lock of the data directory in the first argument, says so, and holds it until it is killed. */
import { FolderLock } from '../../../server/base/folder-lock.ts'

const [folder = ''] = process.argv.slice(2)
const lock = FolderLock.take(folder, 'tabseed.lock')
process.send?.('held')
setInterval(() => lock.describe({}), 60_000)
