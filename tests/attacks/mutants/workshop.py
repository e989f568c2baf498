"""Workshop is a copy of the sources in which checks are taken out, its build, and the programs in it."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOT_COPIED = {".git", "build"}
TIME_LIMIT = 120  # seconds for one row; the slowest takes a few


def die(message):
    sys.exit(f"mutants: {message}")


class Workshop:
    """The copy of the sources, its build, and the programs in it."""

    def __init__(self, folder):
        self.source, self.out, self.logs = folder / "source", folder / "out", folder / "logs"

    def copy(self):
        """Only what has changed, so that the build goes on from the last one."""
        kept = set()
        for path, folders, files in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in NOT_COPIED]
            here = pathlib.Path(path).relative_to(ROOT)
            for file in files:
                kept.add(self.put(here / file, self.octets(here / file)))
                shutil.copymode(ROOT / here / file, self.source / here / file)
        kept.update(self.put(file, octets) for file, octets in self.added().items())
        for old in self.source.rglob("*"):
            if old.is_file() and old not in kept:
                old.unlink()

    def put(self, file, octets):
        target = self.source / file
        if not target.exists() or target.read_bytes() != octets:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(octets)
        return target

    def octets(self, file):
        """What the copy has of a file."""
        return (ROOT / file).read_bytes()

    def added(self):
        """What the copy has besides: file -> octets."""
        return {}

    def configure(self):
        options = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0"]
        if shutil.which("ccache"):
            options.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        done = subprocess.run(["cmake", "-S", self.source, "-B", self.out, *options], capture_output=True, text=True)
        if done.returncode != 0:
            die("cmake failed\n" + done.stdout + done.stderr)

    def build(self, programs):
        """Nothing, or what the build complained about."""
        targets = sorted(programs - {""})
        if not targets:
            return None
        done = subprocess.run(["ninja", "-C", self.out, "-j2", *targets], capture_output=True, text=True)
        return done.stdout[-4000:] if done.returncode != 0 else None

    def program(self, name):
        found = [p for p in (self.out / "tests").rglob(name) if p.is_file() and os.access(p, os.X_OK)]
        return str(found[0]) if found else die(f"no program {name}")

    def listed(self, program):
        """The full names of a Boost.Test program's cases and suites, from what --list_content indents."""
        listed = subprocess.run([self.program(program), "--list_content"], capture_output=True, text=True).stderr
        path, names = [], []
        for line in listed.splitlines():
            depth = (len(line) - len(line.lstrip())) // 4
            path[depth:] = [line.split(":")[0].strip().rstrip("*")]
            names.append("/".join(path))
        return names

    @staticmethod
    def ends_well(command, limit, log, **how):
        """Whether it ends well within `limit` seconds. What it says goes to `log`, and all that it started ends with it."""
        with open(log, "wb") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       start_new_session=True, **how)
            try:
                return process.wait(limit) == 0
            except subprocess.TimeoutExpired:
                output.write(b"\nmutants: no end within the time limit\n")
                return False
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()

    def run(self, command, log):
        """Whether it passes. All that it started ends with it, and it leaves no core file."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.ends_well(command, TIME_LIMIT, self.logs / f"{log}.txt", cwd=self.out,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
