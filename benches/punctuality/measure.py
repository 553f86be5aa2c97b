#!/usr/bin/env python3
"""The open model's lateness: how long after its slot a request is sent while the generator has CPU to spare.

    cargo build --profile dist
    benches/punctuality/measure.py [--rates 1000,5000,20000] [--seconds 10] [--write docs/performance.md]

nginx has one core and the gate another. Each rate is a run of its own, all of whose slots have to be sent and answered. A
schedule drifts when its requests are sent later and later: the median wait from a request's slot to its sending, in the last
second against the first. It ends with 1 when a slot was not sent, a request failed, or a figure misses its bound. Linux with
taskset; nginx is installed where it is missing.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "peers")]
import record  # noqa: E402 (it lies beside the folders of the measurements)
import seconds  # noqa: E402 (the paths are complete only here)
import server  # noqa: E402 (the same nginx that the cost of a request is measured against)

TABLE = [
    "| rate | slots sent | failures | lateness p99 | lateness at most | drift | CPU of its core | phase |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
]


def main():
    """Measures each rate, prints a table of them, and writes it where that was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rates", default="1000,5000,20000", help="requests a second, separated by commas")
    arguments.add_argument("--seconds", type=int, default=10, help="the window of each")
    arguments.add_argument("--bound", type=float, default=1, help="what lateness p99 has to stay below, in ms")
    arguments.add_argument("--drift", type=float, default=0.1, help="what drift has to stay below, in ms")
    arguments.add_argument("--cores", default="0,1", help="the generator's core and the server's")
    record.options(arguments)
    given = arguments.parse_args()
    if given.seconds < 4:
        sys.exit("drift needs two whole seconds, and the window begins and ends within one: give 4 --seconds or more")
    binary = record.binary(given.stagegate)
    core, server_core = server.cores(given.cores)

    rows, kept = list(TABLE), True
    print("\n".join(rows))
    with tempfile.TemporaryDirectory() as folder, server.Server(folder, server_core) as target:
        origin = target.url.rpartition("/")[0]
        for rate in map(int, given.rates.split(",")):
            row, good = told(*run(binary, origin, rate, given.seconds, core), rate, given)
            print(row, flush=True)
            rows.append(row)
            kept &= good
    if given.write:
        record.write(given.write, "punctuality", "Punctuality", section(rows, kept, given, record.circumstances(binary)))
    sys.exit(0 if kept else 1)


def run(binary, url, rate, window, core):
    """Runs the gate at a rate; gives its verdict and its measurements."""
    text = (HERE / "rate.yaml").read_text()
    for name, value in {"URL": url, "RATE": rate, "SECONDS": window}.items():
        text = text.replace(name, str(value))
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "gates.yaml").write_text(text)
        command = ["taskset", "-c", core, binary, "run", "-q", "-c", "gates.yaml", "--out", "out", "--seed", "1"]
        ran = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        try:
            found = [json.loads((folder / "out" / f"{name}.json").read_text()) for name in ("verdict", "measurements")]
        except OSError:
            found = [None, {"phases": []}]
        if [phase["ending"] for phase in found[1]["phases"]] != ["completed"]:
            sys.exit(f"at {rate}/s nothing was measured; the gate ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        return found


def told(verdict, measured, rate, given):
    """The figures of a rate as a row of the table; and whether they are within their bounds."""
    [phase] = verdict["phases"]
    generator, slots = phase["generator"], rate * given.seconds
    sent = phase["requests"] - sum(endpoint["errors"].get("unsent", 0) for endpoint in phase["endpoints"])
    late, drift = generator["lateness_ms"], seconds.drift(measured)
    row = (f"| {rate:,}/s | {sent:,} of {slots:,} | {phase['failures']:,} | {late['p99']:.2f} ms | {late['max']:.2f} ms | "
           f"{drift:+.3f} ms | {generator['cpu_percent']:.0f} % | {phase['outcome']} |")
    return row, sent == slots and not phase["failures"] and late["p99"] < given.bound and drift < given.drift


def section(rows, kept, given, circumstances):
    """What docs/performance.md says of punctuality."""
    table = "\n".join(rows)
    return f"""How long after its slot a request of a `rate` is sent, while the generator has CPU to spare.

{table}

{circumstances}
One run of {given.seconds} s each against nginx, generator and server have a core each. Drift is what the median request
waited longer between its slot and its sending in the last whole second than in the first. Every slot is to be sent and
answered, with lateness p99 below {given.bound:g} ms and drift below {given.drift:g} ms: **{"kept" if kept else "missed"}**.
"""


if __name__ == "__main__":
    main()
