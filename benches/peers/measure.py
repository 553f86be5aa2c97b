#!/usr/bin/env python3
"""CPU time a request: stagegate beside other load generators, on the same server, core for core, in one run.

    cargo build --profile dist
    benches/peers/measure.py [--rounds 5] [--seconds 5] [--only wrk,oha] [--also target/release/stagegate]
                             [--write docs/performance.md]

nginx has one core and the generator another. In each round every generator runs once, in an order that turns with the
rounds, so that a machine that is busy for a while is busy for all; the median over the rounds counts. CPU time is all that
the system charges to the generator's process and its children, from its start to its end. What the gate takes beside its
load (it reads its file, asks git, judges, writes its reports) is measured in each round with one user who hardly asks for
anything, told by itself, and not charged to the requests. A generator is refused, and named, when a request of one of its
rounds failed, or when it counts another number of requests than nginx had; it ends with 1 then. Believe the ratios: the
microseconds are this machine's. Linux with taskset; what is missing is installed with apt, cargo and pip, and what cannot be
had is named.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import peers
import report
import server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import record  # noqa: E402 (it lies beside the folders of the measurements)

# The most requests that a generator makes beside its load.
PROBES = 16


def main():
    """Measures, prints a table, and writes it where that was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--users", type=int, default=64)
    arguments.add_argument("--only", help="names or their beginnings, separated by commas, or by semicolons to keep commas")
    arguments.add_argument("--also", type=pathlib.Path, help="a second stagegate to compare with")
    arguments.add_argument("--cores", default="0,1", help="the generator's core and the server's")
    record.options(arguments)
    given = arguments.parse_args()

    generator_core, server_core = server.cores(given.cores)
    wanted, missing = installed(given)
    with tempfile.TemporaryDirectory() as folder, server.Server(folder, server_core) as target:
        results, refused = rounds(wanted, target, given, generator_core)
    if not results:
        sys.exit("nothing was measured: " + "; ".join(f"{name}: {reason}" for name, reason in (missing | refused).items()))
    versions = {peer.name: version(peer, program) for peer, program in wanted}
    table = report.table(results, versions, missing | refused)
    print(table)
    if given.write and "stagegate" not in results:
        sys.exit(f"{given.write} stays as it is: this table says nothing of stagegate")
    if given.write:
        text = report.section(table, given, server.version(), record.circumstances(record.binary(given.stagegate)))
        record.write(given.write, "cost", "The cost of a request", text)
    sys.exit(1 if refused else 0)


class Refused(Exception):
    """A run whose figures would say nothing."""


def rounds(wanted, target, given, core):
    """The costs of each generator by round; and why others were refused, all of whose rounds are dropped."""
    results, refused = {peer.name: [] for peer, _ in wanted}, {}
    for number in range(1, given.rounds + 1):
        turn = number % max(len(wanted), 1)
        for peer, program in wanted[turn:] + wanted[:turn]:
            if peer.name in refused:
                continue
            try:
                cost = one(peer, program, target, given, core)
            except Refused as reason:
                told = refused[peer.name] = f"round {number} was refused: {reason}"
                del results[peer.name]
            else:
                told = f"round {number}: {cost.micros:.2f} us"
                results[peer.name].append(cost)
            print(f"{peer.name}: {told}", file=sys.stderr, flush=True)
    return results, refused


def installed(given):
    """The generators that can be had, with their programs; and those that cannot, with the reason."""
    found, missing = [], {}
    every = peers.all_of(record.binary(given.stagegate))
    if given.also:
        also = record.binary(given.also)
        for peer in every[:2]:
            name = f"{peer.name} ({also.parent.name}/{also.name})"
            every.append(dataclasses.replace(peer, name=name, install=peers.own(also)))
    for peer in chosen(every, given.only):
        try:
            found.append((peer, peer.install()))
        except (peers.Missing, OSError) as reason:
            missing[peer.name] = str(reason)
    return found, missing


def chosen(every, only):
    """Those whose names begin as asked for; all of them where nothing was."""
    if not only:
        return every
    names = [name.strip() for name in only.split(";" if ";" in only else ",") if name.strip()]
    for name in names:
        if not any(peer.name.startswith(name) for peer in every):
            known = "; ".join(peer.name for peer in every)
            sys.exit(f"--only {only}: no generator is called {name}; there are {known}. Semicolons keep the commas of names")
    return [peer for peer in every if any(peer.name.startswith(name) for name in names)]


def one(peer, program, target, given, core):
    """One run of one generator: CPU microseconds a request, requests a second, and the most memory that it had."""
    beside = 0.0
    if peer.idle:
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            beside, _, _ = run(peer, peer.idle(program, target.url, given.seconds, folder), folder, core)
    with tempfile.TemporaryDirectory() as place:
        folder, before = pathlib.Path(place), target.requests()
        command = peer.command(program, target.url, given.users, given.seconds, folder)
        used, memory, said = run(peer, command, folder, core)
        requests = counted(peer, said, folder, target.requests() - before, given.users)
        micros = 1e6 * (used - beside) / requests
        return report.Cost(micros, 1e3 * beside, requests / given.seconds, memory / 1024)


def counted(peer, said, folder, served, users):
    """How many requests a generator counts, all of them answered with 200, and as many as the server had."""
    try:
        good, failed = peer.count(said, folder)
    except (AttributeError, IndexError, KeyError, OSError, ValueError) as reason:
        raise Refused(f"it said nothing of its requests ({reason!r}): {last(said)}") from reason
    if failed or not good:
        raise Refused(f"{failed:,} requests failed or were not answered with 200, and {good:,} were")
    # The server has also had what was under way at the end, one request a user, and the probes of a preflight.
    if not good <= served <= good + users + PROBES:
        raise Refused(f"it counts {good:,} requests, and the server had {served:,}")
    return good


def run(peer, command, folder, core):
    """Runs a generator on its core; gives the CPU seconds that it used, the most memory that it had at once in KiB, and
    what it said."""
    output, most = folder / "output", 0
    with output.open("w") as out:
        pinned = ["taskset", "-c", core, *map(str, command)]
        process = subprocess.Popen(pinned, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        ended = 0
        while not ended:
            # What wait4 tells of memory counts this script's own, from which the generator was started.
            most = max(most, resident(process.pid))
            time.sleep(0.05)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = output.read_text()
    if process.returncode not in peer.codes:
        raise Refused(f"it ended with {process.returncode}: {last(said)}")
    return used.ru_utime + used.ru_stime, most, said


def last(said):
    """The last line of an output, for a sentence."""
    return said.strip().splitlines()[-1].strip() if said.strip() else "(nothing)"


def resident(process):
    """The most resident memory that a process had so far, in KiB; 0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s*(\d+)", status, re.MULTILINE)
    return int(found.group(1)) if found else 0


def version(peer, program):
    """The version of the Debian package that a generator is of, or what it says of itself: hey says nothing."""
    package = record.said("dpkg-query", "--search", program).partition(":")[0]
    if package:
        return record.said("dpkg-query", "--show", "--showformat=${Version}", package)
    if not peer.version:
        return ""
    said = subprocess.run([program, *peer.version], check=False, capture_output=True, text=True)
    first = (said.stdout or said.stderr).strip().splitlines()[:1]
    return record.number(first[0]) if first else ""


if __name__ == "__main__":
    main()
