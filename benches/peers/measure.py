#!/usr/bin/env python3
"""CPU time a request: stagegate beside other load generators, on the same server, core for core, in one run.

    cargo build --profile dist
    benches/peers/measure.py [--rounds 5] [--seconds 5] [--only wrk,oha] [--also target/release/stagegate]
                             [--write docs/performance.md]

nginx has one core and the generator another. In each round every generator runs once, in an order that turns with the
rounds, so that a machine that is busy for a while is busy for all; the median over the rounds counts. CPU time is all that
the system charges to the generator's process and its children, from its start to its end. What the gate takes beside its
load (it reads its file, asks git, judges, writes its reports) is measured in each round with one user who hardly asks for
anything, told by itself, and not charged to the requests. Believe the ratios: the
microseconds are this machine's. Linux with taskset; what is missing is installed with apt, cargo and pip, and what cannot
be had is named.
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
import record  # noqa: E402: it lies beside the folders of the measurements


def main():
    """Measures, prints a table, and writes it where that was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--users", type=int, default=64)
    arguments.add_argument("--only", help="beginnings of their names, separated by commas, or by semicolons where one has a comma")
    arguments.add_argument("--also", type=pathlib.Path, help="a second stagegate to compare with")
    arguments.add_argument("--cores", default="0,1", help="the generator's core and the server's")
    record.options(arguments)
    given = arguments.parse_args()

    generator_core, server_core = given.cores.split(",")
    wanted, missing = installed(given)
    results = {peer.name: [] for peer, _ in wanted}
    with tempfile.TemporaryDirectory() as folder, server.Server(folder, server_core) as target:
        for number in range(given.rounds):
            turn = number % len(wanted)
            for peer, program in wanted[turn:] + wanted[:turn]:
                cost = one(peer, program, target.url, given, generator_core)
                results[peer.name].append(cost)
                print(f"round {number + 1}: {peer.name}: {cost.micros:.2f} us", file=sys.stderr, flush=True)
    versions = {peer.name: version(peer, program) for peer, program in wanted}
    table = report.table(results, versions, missing)
    print(table)
    if given.write:
        text = report.section(table, given, server.version(), record.circumstances(record.binary(given.stagegate)))
        record.write(given.write, "cost", "The cost of a request", text)


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
            sys.exit(f"--only {only}: no generator is called {name}. There are: {known}. A semicolon keeps the comma of a name")
    return [peer for peer in every if any(peer.name.startswith(name) for name in names)]


def one(peer, program, url, given, core):
    """One run of one generator: CPU microseconds a request, requests a second, and the most memory that it had."""
    beside = 0.0
    if peer.idle:
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            beside, _, _ = run(peer.idle(program, url, given.seconds, folder), folder, core)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        used, memory, said = run(peer.command(program, url, given.users, given.seconds, folder), folder, core)
        try:
            requests = peer.count(said, folder)
        except (AttributeError, KeyError, OSError, ValueError) as reason:
            sys.exit(f"{peer.name} said nothing of its requests ({reason!r}):\n{said[-2000:]}")
        if requests == 0:
            sys.exit(f"{peer.name} sent nothing:\n{said[-2000:]}")
        micros = 1e6 * (used - beside) / requests
        return report.Cost(micros, 1e3 * beside, requests / given.seconds, memory / 1024)


def run(command, folder, core):
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
    return used.ru_utime + used.ru_stime, most, output.read_text()


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
    said = subprocess.run([program, *peer.version], capture_output=True, text=True)
    first = (said.stdout or said.stderr).strip().splitlines()[:1]
    return record.number(first[0]) if first else ""


if __name__ == "__main__":
    main()
