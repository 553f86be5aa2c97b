"""Processes that are started in a group of their own, and that end with all their children."""

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1


def start(command, first_signal=signal.SIGTERM, user=None, **options):
    """Starts a command in its own process group. Should this process be killed outright, the kernel ends the command.

    `user` is (uid, gid) where it must not run as this one; None keeps it.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=lambda: _begin(first_signal, user),
        **options,
    )
    process.first_signal = first_signal
    return process


def _begin(first_signal, user):
    """In the child: changing the user clears the death signal, so it comes last."""
    if user is not None:
        os.setgroups([])
        os.setgid(user[1])
        os.setuid(user[0])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, first_signal)


def end(process):
    """Ends the group, gently first, and waits for it."""
    _send(process, process.first_signal)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    kill(process)


def kill(process):
    """Ends the group at once, as a crash would."""
    _send(process, signal.SIGKILL)
    process.wait()


def _send(process, signum):
    try:
        os.killpg(process.pid, signum)
    except ProcessLookupError:
        pass
