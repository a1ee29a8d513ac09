"""Runs a command in a terminal of its own: terminal.py WAIT_FOR KEYS COMMAND...

Once what it says holds WAIT_FOR, the keys are typed. Its output goes to stdout, and its exit code is ours. Python's own
modules alone, so any Python 3 does.
"""

import os
import pty
import select
import sys

wait_for, keys, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
said = b""
typed = False
while True:
    try:
        select.select([terminal], [], [])
        part = os.read(terminal, 4096)
    except OSError:
        part = b""
    if not part:
        break
    said += part
    if not typed and wait_for.encode() in said:
        typed = True
        os.write(terminal, keys.encode().decode("unicode_escape").encode("latin1"))
sys.stdout.buffer.write(said)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 200 + os.WTERMSIG(status))
