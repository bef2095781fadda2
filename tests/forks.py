"""`usi-fed` in processes of its own, without waiting each time for Python to read everything in.

One process reads in the whole server and then does nothing but fork: each child is a process like any other, with its
own session, environment, folder and files, its own signals and its own end. Starting Python anew for each takes two
seconds of a processor, which is more than what most of them do; that it works too is seen by the tests of `make demo`,
of the peers and of the broker.
"""

import array
import functools
import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path

from usi_fed.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
LONGEST_ORDER = 1 << 17
LOOKS_EVERY = 0.005


class Process:
    """A child of the forking process; what tests use of `subprocess.Popen`."""

    def __init__(self, forks, pid):
        self._forks, self.pid, self.returncode = forks, pid, None

    def poll(self):
        if self.returncode is None:
            self.returncode = self._forks.ask(ended=self.pid)["status"]
        return self.returncode

    def wait(self, timeout=None):
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(LOOKS_EVERY)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(15)

    def kill(self):
        self.send_signal(9)


class _Forks:
    def __init__(self):
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.forks", str(theirs.fileno())]
        # It ends when the tests have: then nobody holds the other end of the socket.
        self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True)
        theirs.close()

    def ask(self, files=(), **order):
        """Send an order, with open files; the answer."""
        carried = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno() for file in files]))]
        with self._lock:
            self._control.sendmsg([json.dumps(order).encode()], carried if files else [])
            answer = self._control.recv(LONGEST_ORDER)
        if not answer:
            raise RuntimeError("the forking process has ended")
        return json.loads(answer)


@functools.cache
def _forks():
    return _Forks()


def start(*arguments, env, cwd, stdout, stderr):
    """`usi-fed` with these arguments, in a session of its own; `stdout` and `stderr` are open files."""
    forks = _forks()
    order = {"arguments": arguments, "environment": dict(env), "folder": str(cwd)}
    return Process(forks, forks.ask(files=(stdout, stderr), **order)["pid"])


def run(*arguments, env, cwd):
    """`usi-fed` with these arguments, to its end; as `subprocess.run` with `capture_output` and `text` gives it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status = start(*arguments, env=env, cwd=cwd, stdout=out, stderr=err).wait()
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, status, *told)


# ---- the forking process ----


def _obey(control):
    """Carry out orders until nobody gives any; returns in each child, which then is `usi-fed`."""
    while True:
        message, files, _, _ = socket.recv_fds(control, LONGEST_ORDER, 2)
        if not message:
            sys.exit()
        order = json.loads(message)
        answer = {"status": _status(order["ended"])} if "ended" in order else {"pid": _fork(order, files)}
        if answer.get("pid") == 0:
            control.close()
            return
        control.send(json.dumps(answer).encode())


def _status(pid):
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _fork(order, files):
    """The number of the child; 0 in the child itself."""
    is_apart, apart = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(is_apart)
        _become(order, files)
        os.close(apart)
        return 0
    os.close(apart)
    os.read(is_apart, 1)  # till it has a session of its own
    for file in (is_apart, *files):
        os.close(file)
    return pid


def _become(order, files):
    os.setsid()
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for place, file in enumerate(files, start=1):
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["usi-fed", *order["arguments"]]
    sys.modules["__main__"].__package__ = None  # else its help would speak of `python -m`


def _read_in():
    for name in ("usi_fed.app", "usi_fed.accounts.devices", "usi_fed.db.postgres", "usi_fed.text.markdown", "uvicorn"):
        import_module(name)
    for place, _ in COMMANDS.values():
        module = place.partition(":")[0]
        if module != "worker":
            import_module(f"usi_fed.cli.{module}")
    gc.collect()
    gc.freeze()  # pages of memory that all children share


if __name__ == "__main__":
    _read_in()
    _obey(socket.socket(fileno=int(sys.argv[1])))
    main()
