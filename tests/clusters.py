"""A Dask cluster of processes of its own, to be fallen on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


class Cluster:
    """A scheduler and two workers, each a process of its own on the loopback.

    Args:
        folder: whose modules the workers can import.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start()

    def start(self) -> None:
        quiet = ("--no-dashboard",)
        place = ("--host", "127.0.0.1", "--port", str(self.port), "--no-show")
        self.scheduler = self._process("dask_scheduler", *place, *quiet)
        single = ("--nthreads", "1", "--no-nanny", "--memory-limit", "1GiB", *quiet)
        self.workers += [self._process("dask_worker", self.address, *single) for _ in range(2)]

    def _process(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        places = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", f"distributed.cli.{program}", *words]
        null = subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdout=null, stderr=null)

    def end(self) -> None:
        for process in (self.scheduler, *self.workers):
            process.kill()
        for process in (self.scheduler, *self.workers):
            process.wait()
