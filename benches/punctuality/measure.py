#!/usr/bin/env python3
"""The open model's lateness: how long after its slot a request is sent while the generator has CPU to spare.

    cargo build --release
    benches/punctuality/measure.py [--rates 1000,5000,20000] [--seconds 10]

nginx has one core and the gate another. Each rate is a run of its own, all of whose slots have to be sent. It ends with 1
when a slot was not sent, or when 99 % of them were not sent within the bound. Linux with taskset and nginx.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "peers"))
import server  # noqa: E402: the same nginx that the cost of a request is measured against


def main():
    """Measures each rate and prints a line for it."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rates", default="1000,5000,20000", help="requests a second, separated by commas")
    arguments.add_argument("--seconds", type=int, default=10, help="the window of each")
    arguments.add_argument("--bound", type=float, default=1, help="the most that lateness p99 may be, in ms")
    arguments.add_argument("--cores", default="0,1", help="the generator's core and the server's")
    arguments.add_argument("--stagegate", type=pathlib.Path, help="the binary; otherwise that of cargo build --release")
    given = arguments.parse_args()
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/stagegate"
    binary = (given.stagegate or built).resolve()
    core, server_core = given.cores.split(",")

    kept = True
    with tempfile.TemporaryDirectory() as folder, server.Server(folder, server_core) as target:
        origin = target.url.rpartition("/")[0]
        for rate in map(int, given.rates.split(",")):
            kept &= told(run(binary, origin, rate, given.seconds, core), rate, given)
    sys.exit(0 if kept else 1)


def run(binary, url, rate, seconds, core):
    """Runs the gate at a rate; gives its verdict."""
    text = (HERE / "rate.yaml").read_text()
    for name, value in {"URL": url, "RATE": rate, "SECONDS": seconds}.items():
        text = text.replace(name, str(value))
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "gates.yaml").write_text(text)
        command = ["taskset", "-c", core, binary, "run", "-q", "-c", "gates.yaml", "--out", "out", "--seed", "1"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        try:
            return json.loads((folder / "out" / "verdict.json").read_text())
        except OSError:
            sys.exit(f"the gate ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")


def told(verdict, rate, given):
    """Prints the figures of a rate; gives whether they are within the bound."""
    [phase] = verdict["phases"]
    generator, slots = phase["generator"], rate * given.seconds
    sent = phase["requests"] - sum(endpoint["errors"].get("unsent", 0) for endpoint in phase["endpoints"])
    late = generator["lateness_ms"]
    print(f"{rate}/s: {sent} of {slots} slots sent; lateness p99 {late['p99']:.2f} ms, at most {late['max']:.2f} ms; "
          f"CPU {generator['cpu_percent']:.0f} % of a core; {phase['outcome']}")
    return sent == slots and late["p99"] < given.bound


if __name__ == "__main__":
    main()
