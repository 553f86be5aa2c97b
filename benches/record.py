"""What every measurement here needs beside itself: the binary that it measures, what it was measured with, and a section
of docs/performance.md to write that into."""

import os
import pathlib
import platform
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What a binary is built from.
SOURCES = ["src", "Cargo.toml", "Cargo.lock"]
# The sections of the page, with the command that writes each.
SECTIONS = {
    "cost": "benches/peers/measure.py",
    "punctuality": "benches/punctuality/measure.py",
    "memory": "benches/memory/measure.py",
    "growth": "benches/memory/measure.py --minutes 10",
}
HEAD = """# Performance

What stagegate itself takes of the machine that it shares with your app. Each section names the command that writes it: run
it to see your own machine's figures. Ratios carry over to other machines, times do not.
"""


def options(parser):
    """Adds the flags that all measurements have."""
    parser.add_argument("--stagegate", type=pathlib.Path, help="the binary; otherwise that of cargo build --profile dist")
    parser.add_argument("--write", type=pathlib.Path, help="the page whose section is written anew: docs/performance.md")


def binary(named):
    """The stagegate that is measured: the one that was named, or the one that cargo built as releases are."""
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "dist" / "stagegate"
    found = (named or built).resolve()
    if not found.is_file():
        sys.exit(f"there is no {found}: build it with `cargo build --profile dist`, or name another with --stagegate")
    return found


def circumstances(program):
    """What the figures of a section were measured with: build, date and machine, as a sentence."""
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    machine = f"{processor()}, {os.cpu_count()} cores, {int(memory.group(1)) / 2**20:.0f} GiB"
    kernel = ".".join(platform.release().split(".")[:2])
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return (f"Measured on {today} with stagegate {number(said(program, '--version'))} ({commit(program)}; "
            f"{compiler(program)}; {profile(program)}) on {machine}, Linux {kernel}.")


def write(page, section, heading, text):
    """Puts a section in the place of the one that the page has, or at its end; all else stays as it is."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    written = f"{begin}\n## {heading}\n\nWritten by `{SECTIONS[section]}`.\n\n{text.strip()}\n{end}"
    before = page.read_text() if page.exists() else HEAD
    last = re.compile(rf"{begin}.*?{end}", re.DOTALL)
    if last.search(before):
        page.write_text(last.sub(lambda _: written, before, count=1))
    else:
        page.write_text(f"{before.rstrip()}\n\n{written}\n")


def number(text):
    """The version number in what a program says of itself; empty where there is none."""
    found = re.search(r"\d+(\.\d+)+\S*", text)
    return found.group(0).rstrip(",;)") if found else ""


def said(*command):
    """What a command printed; empty where it failed, or is not there."""
    try:
        done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def processor():
    """The name of this machine's processor."""
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return model.group(1) if model else platform.machine()


def profile(program):
    """cargo's profile, by the directory in which it left the binary, with what it sets for the whole of it."""
    name = {"debug": "dev"}.get(program.parent.name, program.parent.name)
    section = rf"^\[profile\.{re.escape(name)}\]\n(.*?)(?=^\[|\Z)"
    found = re.search(section, (ROOT / "Cargo.toml").read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        return "not in a directory of cargo's, so of an unknown profile"
    settings = re.findall(r"^(?:lto|codegen-units) = .*", found.group(1), re.MULTILINE)
    return f"cargo's `{name}` profile" + "".join(f", `{setting}`" for setting in settings)


def compiler(program):
    """The compiler, as it signed the binary."""
    signed = re.search(rb"rustc version (\d[\w.-]*)", program.read_bytes())
    return f"rustc {signed.group(1).decode()}" if signed else "unknown rustc"


def commit(program):
    """The commit that is checked out, as far as the binary can be of it."""
    git = ["git", "-C", ROOT]
    head = said(*git, "rev-parse", "--short", "HEAD")
    if not head:
        return "unknown commit"
    if said(*git, "status", "--porcelain", "--", *SOURCES):
        return f"commit {head} with changes"
    changed = said(*git, "log", "-1", "--format=%ct", "--", *SOURCES)
    return f"built before commit {head}" if changed and program.stat().st_mtime < int(changed) else f"commit {head}"
