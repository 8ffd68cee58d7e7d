"""Runs a command until it ends or standard input closes: when whoever started this has died, in whatever way."""

import os
import shutil
import signal
import subprocess
import sys
import threading

child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)


def kill_group():
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_for_owner():
    while os.read(0, 1):
        pass
    kill_group()


threading.Thread(target=wait_for_owner, daemon=True).start()
code = child.wait()
# What the child started may outlive it.
kill_group()
shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
sys.exit(code)
