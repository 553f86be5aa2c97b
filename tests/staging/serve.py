"""`staging serve`: a fresh database, gunicorn on a loopback port, and an end that leaves nothing behind.

The first line of the output is `listening on http://127.0.0.1:PORT`, printed once the app answers.
It ends on SIGTERM or SIGINT, and when its standard input, if that is a pipe, closes: a test that dies takes it along.
"""

import argparse
import ctypes
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

HERE = Path(__file__).resolve().parent
DIRECTORY_PREFIX = "stagegate-staging-"
READY_WITHIN_S = 60
PR_SET_PDEATHSIG = 1
# What the prepared database depends on besides the code below `ahsp`.
DATABASE_SETTINGS = ("STAGING_USERS", "STAGING_PASSWORD", "STAGING_PASSWORD_HASHER", "STAGING_SCALE")


def main():
    options = arguments()
    # From here on a signal makes wait_for_end return or the start fail; either way the finally clause below cleans up.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    discard_left_behind()
    directory = Path(tempfile.mkdtemp(prefix=f"{DIRECTORY_PREFIX}{os.getpid()}-"))
    server = None
    try:
        environment = prepared_environment(directory, options.cache)
        with listening_socket(options.port) as listener:
            port = listener.getsockname()[1]
            server = start_gunicorn(listener, environment, directory)
        wait_until_ready(server, port)
        print(f"listening on http://127.0.0.1:{port}", flush=True)
        wait_for_end(server)
        if server.poll() is not None:
            sys.exit(f"gunicorn ended by itself with status {server.returncode}; its messages are above")
    finally:
        # The end itself is not to be interrupted by an impatient second signal.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if server is not None:
            end_group(server)
        shutil.rmtree(directory, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(prog="staging serve", description="Serves the staging project on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is a free one")
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


def prepared_environment(directory, cache):
    """The environment of the app, with a database that has its users and projects."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(HERE)
    environment["PYTHONPYCACHEPREFIX"] = str(cache / "pycache")
    environment["DJANGO_SETTINGS_MODULE"] = "ahsp.settings"
    environment.setdefault("STAGING_SECRET_KEY", secrets.token_urlsafe(40))
    environment["STAGING_LEDGER"] = str(directory / "acknowledged.ledger")
    if environment.get("DATABASE_URL"):
        fill_database(environment)
        return environment
    sqlite = directory / "staging.sqlite3"
    shutil.copyfile(prepared_sqlite(environment, cache), sqlite)
    environment["STAGING_SQLITE"] = str(sqlite)
    return environment


def prepared_sqlite(environment, cache):
    """The path of a filled database, made once for each state of the code and its settings."""
    state = hashlib.sha256(sys.prefix.encode())
    for source in sorted((HERE / "ahsp").rglob("*.py")):
        state.update(source.read_bytes())
    for name in DATABASE_SETTINGS:
        state.update(f"\0{name}={environment.get(name, '')}".encode())
    cache.mkdir(parents=True, exist_ok=True)
    prepared = cache / f"staging-{state.hexdigest()[:16]}.sqlite3"
    with open(cache / "staging-database.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            for old in cache.glob("staging-*.sqlite3"):
                discard_if_old(old)
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                unfinished = Path(scratch) / "database.sqlite3"
                fill_database(environment | {"STAGING_SQLITE": str(unfinished), "STAGING_DB_ROUND_TRIP_MS": "0"})
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


def start_gunicorn(listener, environment, directory):
    """Gunicorn in a process group of its own, on the socket that is already listening."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn",
            "--config", str(HERE / "gunicorn.conf.py"),
            "--bind", f"fd://{listener.fileno()}",
            "--worker-tmp-dir", str(directory),
            "--no-control-socket",
        ],
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        pass_fds=[listener.fileno()],
        start_new_session=True,
        preexec_fn=end_with_parent,
    )


def end_with_parent():
    """Should this process be killed outright, the kernel ends gunicorn, and gunicorn its workers."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


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


def wait_for_end(server):
    """Returns when gunicorn has ended or standard input, if it is a pipe or socket, has closed."""
    mode = os.fstat(sys.stdin.fileno()).st_mode if sys.stdin else 0
    watched = [sys.stdin] if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else []
    while server.poll() is None:
        readable, _, _ = select.select(watched, [], [], 0.5)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return


def end_group(server):
    """Ends gunicorn and its workers, gently first, and waits for them."""
    signal_group(server, signal.SIGTERM)
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    signal_group(server, signal.SIGKILL)
    server.wait()


def signal_group(server, signum):
    try:
        os.killpg(server.pid, signum)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
