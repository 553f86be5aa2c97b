"""What the app can say about its database connections, and what each query waits for."""

import multiprocessing
import time

from django.conf import settings
from django.db import connection

# Shared by all workers: gunicorn loads the app once and forks (preload_app).
_in_use = multiprocessing.Value("i", 0)

# These answer about the app itself; they must not show up in their own numbers.
_OPERATIONS = ("/metrics", "/version")


def connections_in_use():
    """Database connections that a request holds at this moment, over all workers."""
    return _in_use.value


def _round_trip(execute, sql, params, many, context):
    """SQLite has no network in front of it; a staging database does, so each query waits for one round trip."""
    time.sleep(settings.STAGING_DB_ROUND_TRIP_MS / 1000)
    return execute(sql, params, many, context)


def database_gauge(get_response):
    """Counts a request's connection as in use until it is answered. A thread owns one connection."""

    def middleware(request):
        if request.path in _OPERATIONS:
            return get_response(request)
        with _in_use.get_lock():
            _in_use.value += 1
        try:
            if settings.STAGING_DB_ROUND_TRIP_MS > 0:
                with connection.execute_wrapper(_round_trip):
                    return get_response(request)
            return get_response(request)
        finally:
            with _in_use.get_lock():
                _in_use.value -= 1

    return middleware
