import { LAUNCHER, startCommand } from './cli.ts'

/** Runs the command of its third argument on a terminal of its own and, once that shows the first argument, types the second. */
const PROGRAM = `
import os, pty, sys
prompt, keys, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, typed = b'', False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and prompt in shown:
        typed = True
        os.write(terminal, keys)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

/** What `tabseed` with `args` shows on a terminal on which a person types `keys` when they see `prompt`; `code` is its exit code. */
export async function onTerminal(
  cwd: string,
  { keys, prompt }: { readonly prompt: string; readonly keys: string },
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = ['python3', '-c', PROGRAM, prompt, keys, process.execPath, LAUNCHER, ...args] as const
  const { code, stdout } = await startCommand(cwd, command).ended
  return { code, shown: stdout }
}
