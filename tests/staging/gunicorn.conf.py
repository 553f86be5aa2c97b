"""How gunicorn serves the project."""

import gc
import os

wsgi_app = "ahsp.wsgi"
workers = int(os.environ.get("STAGING_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("STAGING_THREADS", "16"))
# The master loads the app once and forks: a quicker start, and the workers share the gauge of connections in use.
preload_app = True
# Users think for seconds between requests; a connection closed meanwhile would cost them a reset.
keepalive = 30
worker_connections = 2000
graceful_timeout = 2
loglevel = "warning"


def when_ready(server):
    """Takes the loaded app out of garbage collection.

    Chart data makes thousands of objects, so every eighth call began a full collection, which walked all of Django too:
    40 ms became 130 ms, at any load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)
