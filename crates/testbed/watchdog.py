"""Makes a folder and runs a command until it ends or standard input closes: when whoever started this has died, in
whatever way. Then the folder is deleted. One that is there already is somebody else's, and an error.

    watchdog.py <folder> <command>...
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

folder, *command = sys.argv[1:]
os.mkdir(folder)
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


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
shutil.rmtree(folder, ignore_errors=True)
sys.exit(code)
