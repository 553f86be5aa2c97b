"""A Redis of our own: Debian's server on a free loopback port, in memory only."""

import shutil
import socket
import sys
import time
from pathlib import Path

import group
from postgres import free_port

READY_WITHIN_S = 10


class Redis:
    """A running server; `url` is what the app connects to."""

    def __init__(self, directory):
        program = shutil.which("redis-server") or sys.exit(
            "redis-server is missing: install the package redis-server, or call ./test at the top, which does"
        )
        self._port = free_port()
        self._log = Path(directory) / "redis.log"
        self.url = f"redis://127.0.0.1:{self._port}/0"
        options = ["--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--appendonly", "no"]
        options += ["--logfile", str(self._log)]
        self._process = group.start([program, *options], cwd=directory)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                said = self._log.read_text() if self._log.exists() else ""
                sys.exit(f"Redis ended with status {self._process.returncode} before it was ready:\n{said}")
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"Redis was not ready within {READY_WITHIN_S} s")

    def end(self):
        group.end(self._process)
