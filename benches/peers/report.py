"""The table of the comparison, and its section of docs/performance.md."""

import dataclasses
import statistics


@dataclasses.dataclass
class Cost:
    """What one run took: CPU microseconds a request, CPU milliseconds beside the load, requests a second, MiB at most."""

    micros: float
    beside: float
    rate: float
    memory: float


def table(results, versions, missing):
    """Medians over the rounds, and ratios to wrk: the median of the ratios within each round."""
    lines = [
        "| generator | version | CPU us a request | x wrk | CPU ms beside the load | requests/s | memory |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    wrk = results.get("wrk")
    middle = lambda costs, key: statistics.median(getattr(cost, key) for cost in costs)
    for name, costs in sorted(results.items(), key=lambda entry: middle(entry[1], "micros")):
        ratio = ""
        if wrk:
            ratio = f"{statistics.median(cost.micros / other.micros for cost, other in zip(costs, wrk)):.2f}"
        beside = f"{middle(costs, 'beside'):.0f}" if middle(costs, "beside") else ""
        shown = f"{middle(costs, 'micros'):.1f} | {ratio} | {beside} | {middle(costs, 'rate'):,.0f}"
        lines.append(f"| {name} | {versions.get(name, '')} | {shown} | {middle(costs, 'memory'):.0f} MiB |")
    for name, reason in missing.items():
        told = reason.replace("|", "\\|")
        lines.append(f"| {name} | | not measured: {told} | | | | |")
    return "\n".join(lines)


def section(table_text, given, nginx, circumstances):
    """What docs/performance.md says of the cost."""
    return f"""{table_text}

{circumstances}
Medians of {given.rounds} interleaved rounds of {given.seconds} s with {given.users} keep-alive connections; x wrk is the
median of each round's own ratio. Against nginx {nginx} and an answer of 203 bytes; generator and server have a core each.
CPU time is user and system time of the whole process. What the gate takes beside its load, to read its file, ask git, judge
and write its reports, was measured in each round with one user who hardly asks for anything and stands by itself; nothing
was taken off the others. Memory is the most that was resident at once, children not counted.

- **stagegate**: the same request each time, with a session cookie from a login, a status check, both clocks, exact
  counters for each limit, and histograms per endpoint and second.
- **stagegate, checked**: a template in the URL, a text that each body must have, and a value extracted from its JSON.

Releases are built with cargo's `dist` profile, and `cargo install --path . --profile dist` builds the same in some more
minutes. `cargo install --path .` and `cargo run --release` build `release`, in which a request costs about a tenth more.
"""
