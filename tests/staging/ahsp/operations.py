"""What the gate asks the app about itself: ready, which version, gauges, integrity."""

import os

from django.conf import settings
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from ahsp import gauges, ledger, middleware


@require_GET
def healthz(request):
    """Ready means: the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_GET
def version(request):
    return JsonResponse({"commit": os.environ.get("STAGEGATE_COMMIT") or "dev"})


@require_GET
def integrity(request):
    acknowledged, lost, corrupt = ledger.compare()
    return JsonResponse({"acknowledged": acknowledged, "lost": lost, "corrupt": corrupt})


@require_GET
def metrics(request):
    """Prometheus text. A gauge that this machine cannot provide is left out: absent is honest, zero is not."""
    readings = [
        ("app_cpu_percent", "CPU time of the app's processes, of all cores", gauges.cpu_percent()),
        ("app_memory_percent", "Resident memory of the app's processes, of the machine's", gauges.memory_percent()),
        ("app_disk_busy_percent", "Time that the busiest disk had work", gauges.disk_busy_percent()),
        ("db_connections", "Database connections held by a request", middleware.connections_in_use()),
        ("db_pool_size", "Database connections at most", settings.STAGING_WORKERS * (settings.STAGING_DB_POOL or settings.STAGING_THREADS)),
    ]
    lines = []
    for name, meaning, value in readings:
        if value is not None:
            lines += [f"# HELP {name} {meaning}.", f"# TYPE {name} gauge", f"{name} {value:.6g}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
