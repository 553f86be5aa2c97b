#!/usr/bin/env python3
"""The gate's own memory: with many users, and over a long run at full speed.

    cargo build --release
    benches/memory/measure.py                    10,000 users that log in, keep their sessions and their connections
    benches/memory/measure.py --minutes 10       64 users without think time: what it grows by after its first minute

The target is the built-in staging app in a process of its own, which does not count. The resident memory of the gate is
read once a second from /proc; its peak is what the system itself kept (VmHWM). It ends with 1 when a bound is missed. Linux
only; 10,000 users need as many descriptors in both processes (`ulimit -n -H`).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).parent
KIB_A_MIB = 1024


def main():
    """Runs one of the two measurements and prints its figures."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--users", type=int, default=10_000, help="users with sessions")
    arguments.add_argument("--seconds", type=int, default=30, help="their window")
    arguments.add_argument("--peak", type=float, default=300, help="the most that they may take, in MiB")
    arguments.add_argument("--minutes", type=float, help="run so long at full speed instead")
    arguments.add_argument("--growth", type=float, default=5, help="the most that it may grow by after a minute, in MiB")
    arguments.add_argument("--stagegate", type=pathlib.Path, help="the binary; otherwise that of cargo build --release")
    given = arguments.parse_args()
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/stagegate"
    binary = (given.stagegate or built).resolve()

    if given.minutes is None:
        file, values = "sessions.yaml", {"USERS": given.users, "SECONDS": given.seconds}
    else:
        file, values = "full-speed.yaml", {"SECONDS": round(60 * given.minutes)}
    with tempfile.TemporaryDirectory() as place, Demo(binary) as url:
        ran = run(binary, url, HERE / file, values, pathlib.Path(place))
    sys.exit(0 if told(ran, given) else 1)


class Demo:
    """The built-in staging app; gives its URL."""

    def __init__(self, binary):
        self.binary = binary

    def __enter__(self):
        command = [self.binary, "demo", "--port", "0", "--until-stdin-closes"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        return next(word for word in first.split() if word.startswith("http://")).rstrip("/.,")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def run(binary, url, file, values, folder):
    """Runs the gate; gives its verdict and its memory by second, in KiB."""
    text = file.read_text().replace("URL", url)
    for name, value in values.items():
        text = text.replace(name, str(value))
    (folder / "gates.yaml").write_text(text)
    command = [binary, "run", "-q", "-c", folder / "gates.yaml", "--out", folder / "out", "--seed", "1"]
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        started, seconds, peak = time.monotonic(), [], 0
        while process.poll() is None:
            resident, highest = memory(process.pid)
            if resident:
                seconds.append((time.monotonic() - started, resident))
                peak = max(peak, highest)
            time.sleep(max(0.0, started + len(seconds) - time.monotonic()) or 0.2)
    # On a busy machine a phase may be invalid, and weighs the same.
    if process.returncode not in (0, 3):
        sys.exit(f"the gate ended with {process.returncode}:\n{(folder / 'output').read_text()[-3000:]}")
    return json.loads((folder / "out" / "verdict.json").read_text()), seconds, peak


def memory(process):
    """Resident memory of a process and the most that it was, in KiB; zeros once it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    of = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return int(of.get("VmRSS", 0)), int(of.get("VmHWM", 0))


def told(ran, given):
    """Prints the figures; gives whether they are within their bound."""
    verdict, seconds, peak = ran
    [phase] = verdict["phases"]
    peak /= KIB_A_MIB
    print(f"users {phase['users']}, requests {phase['requests']}, failures {phase['failures']}, "
          f"{phase['throughput']:.0f} requests/s, {phase['outcome']}")
    if given.minutes is None:
        each = 1024 * peak / phase["users"]
        print(f"peak {peak:.1f} MiB, {each:.1f} KiB for each user; at most {given.peak:.0f} MiB")
        return peak < given.peak
    window = [resident / KIB_A_MIB for at, resident in seconds if 60 <= at <= 60 * given.minutes]
    if not window:
        sys.exit("there is nothing after the first minute: give more --minutes")
    growth = max(window) - window[0]
    print(f"after a minute {window[0]:.1f} MiB, at most {max(window):.1f}, at the end {window[-1]:.1f}; "
          f"peak with the reports {peak:.1f}")
    print(f"growth {growth:.2f} MiB; at most {given.growth:.0f} MiB")
    return growth < given.growth


if __name__ == "__main__":
    main()
