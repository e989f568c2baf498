"""Programs that the lane starts: each with a log of its own, and none of them outlives the lane."""
import ctypes
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """What this IdP needs isn't here; the text says what. Its cases are skipped, the others go on."""


def shown(file):
    """A path as it's told: from the folder in which the lane was started."""
    return os.path.relpath(file)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _die_with_the_lane():
    # Even a lane that is killed outright leaves no process behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Keeper:
    """Starts programs and ends all of them: use it as a context manager."""

    def __init__(self):
        self._running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._running):
            self.end(process)

    def start(self, arguments, log, **options):
        with open(log, "ab") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            process = subprocess.Popen(arguments, **{**streams, **options}, start_new_session=True,
                                       preexec_fn=_die_with_the_lane)
        process.log = log
        self._running.append(process)
        return process

    def end(self, process):
        """Its whole process group: servers have workers."""
        if process in self._running:
            self._running.remove(process)
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            process.wait()

    @staticmethod
    def await_file(file, seconds):
        """Returns once it's there."""
        end = time.monotonic() + seconds
        while not file.exists():
            if time.monotonic() > end:
                raise Unavailable(f"{shown(file)} isn't there after {seconds} s")
            time.sleep(0.1)

    @staticmethod
    def await_port(process, port, seconds):
        """Returns once a server accepts connections at the port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process.poll() is not None:
                raise Unavailable(f"{os.path.basename(process.args[0])} ended at once: see {shown(process.log)}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise Unavailable(f"{os.path.basename(process.args[0])} isn't there after {seconds} s: see {shown(process.log)}")
