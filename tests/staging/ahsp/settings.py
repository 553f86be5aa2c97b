"""Settings of the staging project. Everything that a run may want to change is an environment variable:

STAGING_N_PLUS_ONE=1        chart data forgets select_related and queries for each row
STAGING_DB_ROUND_TRIP_MS    what one query waits for the network between app and database (default 4)
STAGING_USERS               user1..userN exist (default 1000)
STAGING_PASSWORD            their password (default demo)
STAGING_PASSWORD_HASHER     md5 (default: a login costs no CPU) or pbkdf2 (Django's own choice)
STAGING_SCALE               size of the projects against the strategy document's (default 0.2)
STAGING_WORKERS, STAGING_THREADS    gunicorn's processes and threads (defaults 2 and 16)
STAGING_MAX_CONNECTIONS     PostgreSQL's max_connections, where serve.py starts it (default 100)
STAGING_DB_POOL             connections that a worker shares among its threads (default: one a thread, kept); needs PostgreSQL
STAGING_BURN_MS             CPU time that chart data burns besides its work (default 0)
STAGING_LOSE_WRITES_ABOVE   more requests at once than this, and what a user saves is rolled back after it was acknowledged
DATABASE_URL                postgresql://user:password@host:port/name in the place of SQLite
REDIS_URL                   redis://host:port/database for the sessions, in the place of the database
"""

import os
from urllib.parse import unquote, urlparse

STAGING_N_PLUS_ONE = os.environ.get("STAGING_N_PLUS_ONE", "0") == "1"
STAGING_DB_ROUND_TRIP_MS = float(os.environ.get("STAGING_DB_ROUND_TRIP_MS", "4"))
STAGING_USERS = int(os.environ.get("STAGING_USERS", "1000"))
STAGING_PASSWORD = os.environ.get("STAGING_PASSWORD", "demo")
STAGING_SCALE = float(os.environ.get("STAGING_SCALE", "0.2"))
STAGING_WORKERS = int(os.environ.get("STAGING_WORKERS", "2"))
STAGING_THREADS = int(os.environ.get("STAGING_THREADS", "16"))
STAGING_DB_POOL = int(os.environ.get("STAGING_DB_POOL") or "0")
STAGING_BURN_MS = float(os.environ.get("STAGING_BURN_MS", "0"))
STAGING_LOSE_WRITES_ABOVE = float(os.environ.get("STAGING_LOSE_WRITES_ABOVE", "inf"))
# Every acknowledged write is noted here too, outside the database, so that the integrity check compares two records.
STAGING_LEDGER = os.environ.get("STAGING_LEDGER", "acknowledged.ledger")

DEBUG = False
SECRET_KEY = os.environ.get("STAGING_SECRET_KEY", "only for a server that nobody else can reach")
ALLOWED_HOSTS = os.environ.get("STAGING_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "ahsp"]
MIDDLEWARE = [
    "ahsp.middleware.database_gauge",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "ahsp.urls"
WSGI_APPLICATION = "ahsp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/dashboard/"
PASSWORD_HASHERS = {
    "md5": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "pbkdf2": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
}[os.environ.get("STAGING_PASSWORD_HASHER", "md5")]

# Without this, Django keeps the traceback of a 500 to itself when DEBUG is off.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}

USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    SESSION_ENGINE = "django.contrib.sessions.backends.cache"


def database(url):
    """The DATABASES entry for a DATABASE_URL; without one, SQLite with a write-ahead log."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("STAGING_SQLITE", ":memory:"),
            "CONN_MAX_AGE": 600,
            # A transaction that will write takes the lock at its start and waits for it;
            # one that upgrades later fails at once when another has written meanwhile.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlparse(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL starts with {parts.scheme}://; this project knows postgresql://")
    # Whoever waits longer for a connection than a user would gets an error.
    pool = {"min_size": 1, "max_size": STAGING_DB_POOL, "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # A pool hands connections from request to request; Django keeps none of its own then.
        "CONN_MAX_AGE": 0 if STAGING_DB_POOL else 600,
        "OPTIONS": {"connect_timeout": 10} | ({"pool": pool} if STAGING_DB_POOL else {}),
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""))}
