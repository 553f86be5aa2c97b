"""`staging serve`: a fresh database, gunicorn on a loopback port, and an end that leaves nothing behind.

The first line of the output is `listening on http://127.0.0.1:PORT`, printed once the app answers; then, where they were
asked for, `postgres at URL` and `redis at URL`.
It ends on SIGTERM or SIGINT, and when its standard input, if that is a pipe, closes: a test that dies takes it along.
On SIGUSR1 gunicorn is killed as by a crash, and started again after STAGING_OUTAGE_S seconds (default 3); `killed at T` and
`back at T` tell when, in seconds since 1970.
"""

import argparse
import fcntl
import hashlib
import os
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import group
import postgres
from redis_server import Redis

HERE = Path(__file__).resolve().parent
DIRECTORY_PREFIX = "stagegate-staging-"
READY_WITHIN_S = 60
DATABASES = ("sqlite", "postgres")
SESSIONS = ("database", "redis")
# What the prepared database depends on besides the code below `ahsp`.
DATABASE_SETTINGS = ("STAGING_USERS", "STAGING_PASSWORD", "STAGING_PASSWORD_HASHER", "STAGING_SCALE")


def main():
    options = arguments()
    # From here on a signal makes wait_for_end return or the start fail; either way the finally clause below cleans up.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    discard_left_behind()
    directory = Path(tempfile.mkdtemp(prefix=f"{DIRECTORY_PREFIX}{os.getpid()}-"))
    # The database's own user has to reach its directory in there.
    directory.chmod(0o755)
    running = []
    try:
        environment, beside = prepared_environment(directory, options, running)
        app = App(options.port, environment, directory)
        running.append(app)
        signal.signal(signal.SIGUSR1, app.crash)
        print("\n".join([f"listening on http://127.0.0.1:{app.port}", *beside]), flush=True)
        wait_for_end(app)
    finally:
        # The end itself is not to be interrupted by an impatient second signal.
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(signum, signal.SIG_IGN)
        for server in reversed(running):
            server.end()
        shutil.rmtree(directory, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(prog="staging serve", description="Serves the staging project on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is a free one")
    parser.add_argument("--database", choices=DATABASES, default="sqlite", help="postgres starts one of its own; DATABASE_URL goes before")
    parser.add_argument("--sessions", choices=SESSIONS, default="database", help="where sessions are kept; redis starts one of its own")
    parser.add_argument("--cache", type=Path, required=True, help="where prepared databases are kept")
    return parser.parse_args()


def stop(signum, _frame):
    """A signal is an orderly end, not a failure."""
    sys.exit(0)


def discard_left_behind():
    """Removes the directories of servers that were killed outright; a directory is named for its process."""
    for directory in Path(tempfile.gettempdir()).glob(f"{DIRECTORY_PREFIX}*"):
        process = directory.name.removeprefix(DIRECTORY_PREFIX).partition("-")[0]
        if not Path("/proc", process).exists():
            shutil.rmtree(directory, ignore_errors=True)


def listening_socket(port):
    """Bound here and handed to gunicorn, so that a free port is known and cannot be taken in between."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=2048)
    except OSError as problem:
        sys.exit(f"cannot listen on 127.0.0.1:{port} ({os.strerror(problem.errno)}): choose another port, or 0 for a free one")


def prepared_environment(directory, options, running):
    """The environment of the app, with a database that has its users and projects, and what to print about it.

    Servers that were started for it are added to `running`.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(HERE)
    environment["PYTHONPYCACHEPREFIX"] = str(options.cache / "pycache")
    environment["DJANGO_SETTINGS_MODULE"] = "ahsp.settings"
    environment.setdefault("STAGING_SECRET_KEY", secrets.token_urlsafe(40))
    environment["STAGING_LEDGER"] = str(directory / "acknowledged.ledger")
    beside = []
    if environment.get("DATABASE_URL"):
        fill_database(environment)
    elif options.database == "postgres":
        server = start_postgres(directory, options.cache, environment)
        running.append(server)
        environment["DATABASE_URL"] = server.url
        beside.append(f"postgres at {server.url}")
    else:
        sqlite = directory / "staging.sqlite3"
        shutil.copyfile(prepared_sqlite(environment, options.cache), sqlite)
        environment["STAGING_SQLITE"] = str(sqlite)
    if options.sessions == "redis":
        server = Redis(directory)
        running.append(server)
        environment["REDIS_URL"] = server.url
        beside.append(f"redis at {server.url}")
    return environment, beside


def start_postgres(directory, cache, environment):
    """A PostgreSQL of our own, on a copy of the prepared cluster."""

    def fill(url):
        fill_database(unhurried(environment) | {"DATABASE_URL": url})

    settings = {"max_connections": environment.get("STAGING_MAX_CONNECTIONS", "100")}
    return postgres.start(directory, cache, state(environment), fill, settings)


def unhurried(environment):
    """For preparing a database: without its faults, pool and network."""
    return environment | {"STAGING_DB_ROUND_TRIP_MS": "0", "STAGING_DB_POOL": ""}


def state(environment):
    """Names the state of the code and of its settings that a prepared database depends on."""
    digest = hashlib.sha256(sys.prefix.encode())
    for source in sorted((HERE / "ahsp").rglob("*.py")):
        digest.update(source.read_bytes())
    for name in DATABASE_SETTINGS:
        digest.update(f"\0{name}={environment.get(name, '')}".encode())
    return digest.hexdigest()[:16]


def prepared_sqlite(environment, cache):
    """The path of a filled database, made once for each state of the code and its settings."""
    cache.mkdir(parents=True, exist_ok=True)
    prepared = cache / f"staging-{state(environment)}.sqlite3"
    with open(cache / "staging-database.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            for old in cache.glob("staging-*.sqlite3"):
                discard_if_old(old)
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                unfinished = Path(scratch) / "database.sqlite3"
                fill_database(unhurried(environment) | {"STAGING_SQLITE": str(unfinished)})
                unfinished.rename(prepared)
    return prepared


def discard_if_old(prepared):
    """A week is long enough for a database that no state of the code asked for again."""
    if time.time() - prepared.stat().st_mtime > 7 * 24 * 3600:
        prepared.unlink()


def fill_database(environment):
    """Migrations, then users and projects. The last connection to close folds SQLite's log into the one file."""
    for command in (["migrate", "--verbosity", "0"], ["prepare"]):
        run = subprocess.run(
            [sys.executable, str(HERE / "manage.py"), *command],
            env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False,
        )
        if run.returncode != 0:
            sys.exit(f"`manage.py {command[0]}` failed with status {run.returncode}; its messages are above")


class App:
    """Gunicorn on a port of its own, which it keeps when it is started again."""

    def __init__(self, port, environment, directory):
        self._environment, self._directory = environment, directory
        self.port = port
        self._start()

    def _start(self):
        with listening_socket(self.port) as listener:
            self.port = listener.getsockname()[1]
            self.process = start_gunicorn(listener, self._environment, self._directory)
        wait_until_ready(self.process, self.port)

    def crash(self, _signum=None, _frame=None):
        """Kills it as a crash would, and starts it again after a while."""
        print(f"killed at {time.time():.3f}", flush=True)
        group.kill(self.process)
        time.sleep(float(self._environment.get("STAGING_OUTAGE_S", "3")))
        self._start()
        print(f"back at {time.time():.3f}", flush=True)

    def end(self):
        group.end(self.process)


def start_gunicorn(listener, environment, directory):
    """Gunicorn in a process group of its own, on the socket that is already listening."""
    return group.start(
        [
            sys.executable, "-m", "gunicorn",
            "--config", str(HERE / "gunicorn.conf.py"),
            "--bind", f"fd://{listener.fileno()}",
            "--worker-tmp-dir", str(directory),
            "--no-control-socket",
        ],
        env=environment,
        cwd=directory,
        pass_fds=[listener.fileno()],
    )


def wait_until_ready(server, port):
    """Returns once /healthz answers 200."""
    deadline = time.monotonic() + READY_WITHIN_S
    # The app is on loopback: a proxy from the environment must not come between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"gunicorn ended with status {server.returncode} before it was ready; its messages are above")
        try:
            with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    sys.exit(f"/healthz did not answer 200 within {READY_WITHIN_S} s")


def wait_for_end(app):
    """Returns when standard input, if it is a pipe or socket, has closed; gunicorn's own end is a failure."""
    mode = os.fstat(sys.stdin.fileno()).st_mode if sys.stdin else 0
    watched = [sys.stdin] if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else []
    while app.process.poll() is None:
        readable, _, _ = select.select(watched, [], [], 0.5)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return
    sys.exit(f"gunicorn ended by itself with status {app.process.returncode}; its messages are above")


if __name__ == "__main__":
    main()
