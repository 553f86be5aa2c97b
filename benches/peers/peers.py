"""The generators that are compared: one entry each says how to install it, how to run it and how to count its requests."""

import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import typing

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "stagegate-peers"
QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


@dataclasses.dataclass
class Peer:
    """A load generator. `command` takes URL, users, seconds and a folder; `count` takes its output and the folder, and gives
    how many requests were answered with 200 and how many were not."""

    name: str
    install: typing.Callable[[], str]
    command: typing.Callable[[str, str, int, int, pathlib.Path], list]
    count: typing.Callable[[str, pathlib.Path], tuple[int, int]]
    version: list
    # Runs the same for one user who hardly asks for anything: what the generator takes beside its load.
    idle: typing.Callable[[str, str, int, pathlib.Path], list] | None = None
    # What it may end with.
    codes: tuple = (0,)


class Missing(Exception):
    """A generator cannot be had on this machine."""


def _run(command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Missing(said[-1] if said else f"{command[0]} failed")
    return done.stdout


def apt(program, package):
    """A program of a Debian package, installed where it is missing and the machine allows it."""

    def install():
        if found := _which(program):
            return found
        _install(package)
        if found := _which(program):
            return found
        raise Missing(f"the package {package} brought no {program}")

    return install


def _which(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")


def _install(package):
    if not shutil.which("apt-get"):
        raise Missing(f"it is not installed, and there is no apt-get to install {package}")
    _update()
    _run([*_as_root(), "apt-get", "install", "--yes", "--no-install-recommends", package], env=QUIET)


@functools.cache
def _update():
    """A fresh container has no lists of packages. Where they cannot be fetched, those that are there may do."""
    subprocess.run([*_as_root(), "apt-get", "update"], check=False, capture_output=True, env=QUIET)


def _as_root():
    return ["sudo", "--non-interactive"] if os.geteuid() != 0 and shutil.which("sudo") else []


def cargo(crate):
    """A program of a crate, built once and kept outside the repository."""

    def install():
        program = CACHE / crate / "bin" / crate
        if not program.exists():
            environment = {key: value for key, value in os.environ.items() if not key.startswith("CARGO_PROFILE_")}
            environment["CARGO_TARGET_DIR"] = str(CACHE / "target")
            _run(["cargo", "install", "--locked", crate, "--root", str(CACHE / crate)], env=environment)
            shutil.rmtree(CACHE / "target", ignore_errors=True)
        return str(program)

    return install


def library(folder):
    """A program that uses a crate which is a library, from a folder beside this file; built as [`cargo`] does."""

    def install():
        place = CACHE / folder
        program = place / "bin" / folder
        copies = {HERE / folder / "Cargo.toml": place / "Cargo.toml", HERE / folder / "main.rs": place / "src" / "main.rs"}
        # By their contents, because a checkout gives all files its own time.
        if not program.exists() or any(source.read_text() != copy.read_text() for source, copy in copies.items()):
            (place / "src").mkdir(parents=True, exist_ok=True)
            (place / "bin").mkdir(exist_ok=True)
            program.unlink(missing_ok=True)
            for source, copy in copies.items():
                shutil.copy(source, copy)
            environment = {key: value for key, value in os.environ.items() if not key.startswith("CARGO_PROFILE_")}
            environment["CARGO_TARGET_DIR"] = str(CACHE / "target")
            _run(["cargo", "build", "--release", "--quiet", "--manifest-path", str(place / "Cargo.toml")], env=environment)
            shutil.copy(CACHE / "target" / "release" / f"{folder}-peer", program)
            shutil.rmtree(CACHE / "target", ignore_errors=True)
        return str(program)

    return install


def pip(package, program):
    """A program of a Python package, in an environment of its own."""

    def install():
        folder = CACHE / package
        if not (folder / "bin" / program).exists():
            # Debian's python3 alone cannot make an environment.
            if subprocess.run(["python3", "-c", "import ensurepip, venv"], check=False, capture_output=True).returncode != 0:
                _install("python3-venv")
            _run(["python3", "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "pip"), "install", "--quiet", package])
        return str(folder / "bin" / program)

    return install


def own(program):
    """stagegate as it was built."""
    return lambda: str(program)


def _number(pattern, output):
    return int(re.search(pattern, output).group(1).replace(",", ""))


def _of_gate(_, folder):
    """All that was sent, ramp and login included."""
    [phase] = json.loads((folder / "out" / "measurements.json").read_text())["phases"]
    return phase["sent"] - phase["failed"], phase["failed"]


def _of_wrk(output, _):
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    wrong = int(other.group(1)) if other else 0
    return _number(r"(\d+) requests in", output) - wrong, wrong + sum(map(int, lost.groups() if lost else []))


def _of_oha(output, _):
    said = json.loads(output)
    good = said["statusCodeDistribution"].pop("200", 0)
    # What was under way at the end is aborted, and is no failure.
    said["errorDistribution"].pop("aborted due to deadline", None)
    return good, sum(said["statusCodeDistribution"].values()) + sum(said["errorDistribution"].values())


def _of_h2load(output, _):
    return _number(r"status codes: (\d+) 2xx", output), _number(r"(\d+) failed", output)


def _of_hey(output, _):
    answers = {status: int(count) for status, count in re.findall(r"\[(\d+)\]\s+(\d+) responses", output)}
    good = answers.pop("200", 0)
    errors = re.findall(r"^\s*\[(\d+)\]", output.partition("Error distribution:")[2], re.MULTILINE)
    return good, sum(answers.values()) + sum(map(int, errors))


def _of_goose(output, _):
    row = re.search(r"GET /answer\s+\|\s+([\d,]+) \|\s+([\d,]+) \(", output)
    every, failed = (int(part.replace(",", "")) for part in row.groups())
    return every - failed, failed


def _of_locust(output, _):
    every, failed = map(int, re.findall(r"Aggregated\s+(\d+)\s+(\d+)\(", output)[-1])
    return every - failed, failed


def _gate(file, think="0s"):
    def command(program, url, users, seconds, folder):
        text = (HERE / file).read_text().replace("think: 0s", f"think: {think}")
        root = url.rpartition("/")[0]
        text = text.replace("URL", root).replace("USERS", str(users)).replace("SECONDS", str(seconds))
        (folder / "gates.yaml").write_text(text)
        return [program, "run", "-q", "-c", str(folder / "gates.yaml"), "--out", str(folder / "out")]

    return command


def _locust(module, name):
    def command(program, url, users, seconds, folder):
        script = f"from locust import task, constant\nfrom {module} import {name} as Base\n"
        script += "class Visitor(Base):\n    wait_time = constant(0)\n"
        script += "    @task\n    def answer(self):\n        self.client.get('/answer')\n"
        (folder / "locustfile.py").write_text(script)
        host = url.rpartition("/")[0]
        arguments = ["--headless", "-u", users, "-r", users, "-t", f"{seconds}s", "--host", host]
        return [program, "-f", folder / "locustfile.py", *arguments]

    return command


def all_of(stagegate):
    """Every generator, the gate's two scenarios first."""
    idle = lambda file: lambda program, url, seconds, folder: _gate(file, "1s")(program, url, 1, seconds, folder)
    text = lambda *parts: [str(part) for part in parts]
    # A generator that has used up its core makes the gate call its own phase invalid, which ends with 3.
    gate = lambda name, file: Peer(name, own(stagegate), _gate(file), _of_gate, ["--version"], idle(file), (0, 3))
    return [
        gate("stagegate", "plain.yaml"),
        gate("stagegate, checked", "checked.yaml"),
        Peer(
            "wrk",
            apt("wrk", "wrk"),
            lambda program, url, users, seconds, _: text(program, "-t1", f"-c{users}", f"-d{seconds}s", url),
            _of_wrk,
            ["-v"],
        ),
        Peer(
            "oha",
            cargo("oha"),
            lambda program, url, users, seconds, _: text(
                program, "--no-tui", "-c", users, "-z", f"{seconds}s", "--output-format", "json", url
            ),
            _of_oha,
            ["--version"],
        ),
        Peer(
            "h2load",
            apt("h2load", "nghttp2-client"),
            lambda program, url, users, seconds, _: text(
                program, "--h1", "-t1", f"-c{users}", f"-D{seconds}", "--warm-up-time=0", url
            ),
            _of_h2load,
            ["--version"],
        ),
        Peer(
            "hey",
            apt("hey", "hey"),
            lambda program, url, users, seconds, _: text(program, "-c", users, "-z", f"{seconds}s", url),
            _of_hey,
            [],
        ),
        Peer(
            "goose",
            library("goose"),
            # The time counts from when all users have started, so they start at once; what they ask for until then costs, too.
            lambda program, url, users, seconds, _: text(
                program, "--host", url.rpartition("/")[0], "--users", users, "--increase-rate", 1000 * users,
                "--run-time", f"{seconds}s", "--no-reset-metrics",
            ),
            _of_goose,
            ["--version"],
        ),
        Peer(
            "Locust, FastHttpUser",
            pip("locust", "locust"),
            _locust("locust.contrib.fasthttp", "FastHttpUser"),
            _of_locust,
            ["--version"],
        ),
        Peer("Locust, HttpUser", pip("locust", "locust"), _locust("locust", "HttpUser"), _of_locust, ["--version"]),
    ]
