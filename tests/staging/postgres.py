"""A PostgreSQL of our own: Debian's server on a free loopback port, with a fresh copy of a prepared cluster.

The cluster is made once for each state of the code: `initdb`, migrations, users and projects. Each start copies it.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import group

READY_WITHIN_S = 30
NAME = "staging"
# What the prepared cluster depends on besides the state of the app: raise it when `initialise` changes.
LAYOUT = "1"


class Postgres:
    """A running server; `url` is what the app connects to."""

    def __init__(self, directory, cluster, settings):
        self._user = server_user()
        self._directory = directory / "postgres"
        self._directory.mkdir()
        data = self._directory / "data"
        shutil.copytree(cluster, data, symlinks=True)
        own(self._directory, self._user)
        self.port = free_port()
        self._process = serve(data, self._directory, self.port, settings, self._user)
        self.url = f"postgresql://{NAME}:{NAME}@127.0.0.1:{self.port}/{NAME}"
        wait_until_ready(self._process, self.port)

    def end(self):
        group.end(self._process)


def start(directory, cache, state, fill, settings):
    """Starts a server on a copy of the prepared cluster. `fill` puts migrations and rows into an empty database, given its URL."""
    return Postgres(directory, prepared(cache, state, fill), settings)


def prepared(cache, state, fill):
    """The data directory of a filled cluster, made once for each state of the app."""
    cache.mkdir(parents=True, exist_ok=True)
    cluster = cache / f"postgres-{LAYOUT}-{state}"
    with open(cache / "staging-postgres.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.exists():
            for old in cache.glob("postgres-*"):
                discard_if_old(old)
            with tempfile.TemporaryDirectory() as scratch:
                # The server's user has to reach what lies below.
                os.chmod(scratch, 0o755)
                empty = initialise(Path(scratch) / "empty")
                server = Postgres(Path(scratch), empty, {})
                try:
                    fill(server.url)
                finally:
                    server.end()
                unfinished = cache / f"{cluster.name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                shutil.copytree(Path(scratch) / "postgres" / "data", unfinished, symlinks=True)
                unfinished.rename(cluster)
    return cluster


def discard_if_old(cluster):
    """A week is long enough for a cluster that no state of the code asked for again."""
    if time.time() - cluster.stat().st_mtime > 7 * 24 * 3600:
        shutil.rmtree(cluster, ignore_errors=True)


def initialise(data):
    """An empty cluster with one role and one database. Nothing but loopback reaches it, so it trusts nobody less than needed:
    a password is asked for, as a staging database would."""
    user = server_user()
    data.mkdir()
    password = data.parent / "password"
    password.write_text(NAME, encoding="ascii")
    own(data, user)
    own(password, user)
    run(
        [program("initdb"), "--pgdata", str(data), "--username", NAME, "--pwfile", str(password),
         "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
        user,
    )
    single = [program("postgres"), "--single", "-D", str(data), "postgres"]
    run(single, user, f"CREATE DATABASE {NAME};\n")
    run([*single[:-1], NAME], user, "CREATE EXTENSION pg_stat_statements;\n")
    return data


def serve(data, directory, port, settings, user):
    """The server in the foreground. It is thrown away afterwards, so nothing waits for the disk."""
    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(directory),
        "shared_preload_libraries": "pg_stat_statements",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "log_min_messages": "fatal",
        **settings,
    }
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    # SIGINT is PostgreSQL's fast shutdown: it ends the sessions instead of waiting for them.
    return group.start([program("postgres"), "-D", str(data), *options], signal.SIGINT, user, cwd=directory)


def wait_until_ready(process, port):
    ready = [program("pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"PostgreSQL ended with status {process.returncode} before it was ready; its messages are above")
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.05)
    sys.exit(f"PostgreSQL was not ready within {READY_WITHIN_S} s")


def run(command, user, text=None):
    """One command of PostgreSQL's, as its user; its messages are shown when it fails."""
    options = {"user": user[0], "group": user[1], "extra_groups": []} if user is not None else {}
    done = subprocess.run(command, input=text or "", text=True, capture_output=True, check=False, cwd="/", **options)
    if done.returncode != 0:
        sys.exit(f"`{Path(command[0]).name}` failed with status {done.returncode}: {done.stdout}{done.stderr}")


def program(name):
    """A program of the newest PostgreSQL on this machine; Debian keeps the server's out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which(name)
    return path or sys.exit(f"{name} is missing: install the package postgresql, or call ./test at the top, which does")


def server_user():
    """PostgreSQL refuses to run as root; its package makes a user for it."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


def own(path, user):
    """Gives a file or a directory with all that is in it to the server's user; its data directory is for nobody else."""
    for below in [path, *(path.rglob("*") if path.is_dir() else [])]:
        if user is not None:
            os.chown(below, *user, follow_symlinks=False)
    if path.is_dir():
        path.chmod(0o700)


def free_port():
    """A port that is free at this moment. PostgreSQL takes no socket from its parent, so another may still be quicker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
