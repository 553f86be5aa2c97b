"""The app's use of the machine, read from /proc. None where the machine does not say."""

import os
import threading
import time
from collections import deque

# Shares are over about the last second, however often somebody asks.
_SPAN_S = 1.0


class _Share:
    """The growth of a counter of seconds against the clock, over the last span, in percent of `capacity`."""

    def __init__(self, read_seconds, capacity):
        self._read_seconds = read_seconds
        self._capacity = capacity
        self._lock = threading.Lock()
        self._readings = deque()

    def percent(self):
        with self._lock:
            seconds = self._read_seconds()
            if seconds is None:
                return None
            now = time.monotonic()
            self._readings.append((now, seconds))
            while len(self._readings) > 2 and self._readings[1][0] <= now - _SPAN_S:
                self._readings.popleft()
            then, before = self._readings[0]
            if now - then < 0.01:
                return 0.0
            return min(100.0, max(0.0, 100 * (seconds - before) / ((now - then) * self._capacity)))


def _app_processes():
    """Gunicorn's master and all its workers. A worker asks, so the master is its parent."""
    master = os.getppid()
    try:
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as children:
            return [master, *(int(child) for child in children.read().split())]
    except OSError:
        return [os.getpid()]


def _read(path):
    """The text of a file of /proc; None when it is not there (a worker may have just ended)."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return None


def _cpu_seconds():
    total = 0
    for process in _app_processes():
        stat = _read(f"/proc/{process}/stat")
        if stat is not None:
            # The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields after it.
            fields = stat.rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _disk_busy_seconds():
    """Of the disk that was busy longest, since the machine started."""
    stats = _read("/proc/diskstats")
    if not stats:
        return None
    # Field 13 is the time with requests in flight, in milliseconds.
    return max(int(line.split()[12]) for line in stats.splitlines()) / 1000


_cpu = _Share(_cpu_seconds, capacity=len(os.sched_getaffinity(0)))
_disk = _Share(_disk_busy_seconds, capacity=1)


def cpu_percent():
    """CPU time of all the app's processes, in percent of all cores."""
    return _cpu.percent()


def disk_busy_percent():
    """The share of time in which the busiest disk had work."""
    return _disk.percent()


def memory_percent():
    """Resident memory of all the app's processes, in percent of the machine's; pages that they share count once each."""
    machine = _read("/proc/meminfo")
    if not machine:
        return None
    total_kib = int(machine.split("MemTotal:")[1].split()[0])
    statms = [_read(f"/proc/{process}/statm") for process in _app_processes()]
    pages = sum(int(statm.split()[1]) for statm in statms if statm)
    return 100 * pages * os.sysconf("SC_PAGE_SIZE") / (total_kib * 1024)
