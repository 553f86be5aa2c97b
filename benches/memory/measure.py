#!/usr/bin/env python3
"""The gate's own memory: with many users, and over a long run at full speed.

    cargo build --profile dist
    benches/memory/measure.py                    10,000 users that log in, keep their sessions and their connections
    benches/memory/measure.py --minutes 10       64 users without think time: what it grows by after its first minute

The target is the built-in staging app in a process of its own, which does not count. The resident memory of the gate is
read once a second from /proc; its peak is what the system itself kept (VmHWM). With `--write docs/performance.md` each of the
two writes a section of its own. It ends with 1 when a request failed or a bound is missed. Linux only; 10,000 users need as
many descriptors in both processes (`ulimit -n -H`).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import record  # noqa: E402 (it lies beside the folders of the measurements)

KIB_A_MIB = 1024


def main():
    """Runs one of the two measurements and prints its figures."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--users", type=int, default=10_000, help="users with sessions")
    arguments.add_argument("--seconds", type=int, default=30, help="their window")
    arguments.add_argument("--peak", type=float, default=300, help="the most that they may take, in MiB")
    arguments.add_argument("--minutes", type=float, help="run so long at full speed instead")
    arguments.add_argument("--growth", type=float, default=5, help="the most that it may grow by after a minute, in MiB")
    record.options(arguments)
    given = arguments.parse_args()
    binary = record.binary(given.stagegate)

    if given.minutes is None:
        file, values, told = "sessions.yaml", {"USERS": given.users, "SECONDS": given.seconds}, crowd
        section, heading = "memory", "The memory of many users"
    else:
        file, values, told = "full-speed.yaml", {"SECONDS": round(60 * given.minutes)}, growth
        section, heading = "growth", "The growth of a long run"
    with tempfile.TemporaryDirectory() as place, Demo(binary) as url:
        table, text, kept = told(run(binary, url, HERE / file, values, pathlib.Path(place)), given)
    text += f": **{'kept' if kept else 'missed'}**."
    print(f"{table}\n\n{text}")
    if given.write:
        record.write(given.write, section, heading, f"{table}\n\n{record.circumstances(binary)}\n{text}")
    sys.exit(0 if kept else 1)


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


def crowd(ran, given):
    """What many users take: a table, its explanation, and whether it is within the bound."""
    verdict, _, peak = ran
    [phase] = verdict["phases"]
    peak /= KIB_A_MIB
    each = KIB_A_MIB * peak / phase["users"]
    table = f"""| users | requests | failures | peak | for each user |
| ---: | ---: | ---: | ---: | ---: |
| {phase["users"]:,} | {phase["requests"]:,} | {phase["failures"]:,} | {peak:.1f} MiB | {each:.1f} KiB |"""
    text = f"""The users log in, keep a session of two cookies and their connection, and think for 10 to 20 s, in a window of
{given.seconds} s. The peak is that of the gate's resident memory over the whole run, its reports included; it is to stay below
{given.peak:g} MiB"""
    return table, text, peak < given.peak and not phase["failures"]


def growth(ran, given):
    """What a long run grows by: a table, its explanation, and whether it is within the bound."""
    verdict, seconds, peak = ran
    [phase] = verdict["phases"]
    window = [resident / KIB_A_MIB for at, resident in seconds if 60 <= at <= 60 * given.minutes]
    if not window:
        sys.exit("there is nothing after the first minute: give more --minutes")
    grown = max(window) - window[0]
    shown = [f"{figure:.1f} MiB" for figure in (window[0], max(window), window[-1], grown, peak / KIB_A_MIB)]
    table = f"""| requests/s | requests | failures | after a minute | at most | at the end | growth | peak with reports |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| {phase["throughput"]:,.0f} | {phase["requests"]:,} | {phase["failures"]:,} | {" | ".join(shown)} |"""
    users, endpoints = phase["users"], len(phase["endpoints"])
    text = f"""{users} users without think time ask for {endpoints} endpoints in turn for {given.minutes:g} minutes. Growth
is the most resident memory after the first minute against that at its end, read once a second; it is to stay below
{given.growth:g} MiB"""
    return table, text, grown < given.growth and not phase["failures"]


if __name__ == "__main__":
    main()
