"""The record of what was acknowledged, kept outside the database, so that a lost row can be noticed."""

import os

from django.conf import settings

from ahsp.models import SavedDetail


def acknowledge(saved_id, volume):
    """Notes that the user is told "stored". One write to a file opened for appending is not torn by other workers."""
    line = f"{saved_id} {volume}\n".encode()
    handle = os.open(settings.STAGING_LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def compare():
    """(acknowledged, lost, corrupt): rows that were acknowledged but are gone, and those with another volume."""
    try:
        with open(settings.STAGING_LEDGER, encoding="ascii") as lines:
            acknowledged = {int(saved): int(volume) for saved, volume in (line.split() for line in lines)}
    except FileNotFoundError:
        acknowledged = {}
    stored = dict(SavedDetail.objects.values_list("id", "volume"))
    lost = sum(saved not in stored for saved in acknowledged)
    corrupt = sum(stored.get(saved, volume) != volume for saved, volume in acknowledged.items())
    return len(acknowledged), lost, corrupt
