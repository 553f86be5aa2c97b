"""What users do: look at the dashboard, open a project, look at its chart, save a detail."""

import json
import time
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from ahsp import ledger, middleware
from ahsp.charts import chart_rows
from ahsp.models import Project, SavedDetail

# A million cubic metres of anything is a slip of the keyboard.
LARGEST_VOLUME = 1_000_000


def api_login_required(view):
    """An API answers 401 where a page redirects: a redirect to the login form would look like success."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return JsonResponse({"error": "log in first"}, status=401)
        return view(request, *args, **kwargs)

    return checked


@require_GET
@login_required
def dashboard(request):
    projects = Project.objects.annotate(size=Count("pekerjaan")).order_by("id")
    return render(request, "dashboard.html", {"projects": projects})


@require_GET
@api_login_required
def project(request, project_id):
    found = get_object_or_404(Project.objects.annotate(size=Count("pekerjaan")), pk=project_id)
    return JsonResponse(
        {"id": found.id, "name": found.name, "complexity": found.complexity, "pekerjaan": found.size}
    )


@require_GET
@api_login_required
def chart_data(request, project_id):
    get_object_or_404(Project, pk=project_id)
    burn(settings.STAGING_BURN_MS / 1000)
    return JsonResponse({"rows": chart_rows(project_id)})


def burn(seconds):
    """Work that only the CPU does: it takes this much of the thread's CPU time, however long it has to wait for it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@csrf_exempt
@require_POST
@api_login_required
def save_detail(request, project_id):
    """Stores {"volume": n}; 201 is the promise that it is stored."""
    try:
        volume = int(json.loads(request.body)["volume"])
    except (ValueError, KeyError, TypeError, OverflowError):
        volume = -1
    if not 0 <= volume <= LARGEST_VOLUME:
        return JsonResponse({"error": 'the body must be JSON like {"volume": 12}'}, status=400)
    get_object_or_404(Project, pk=project_id)
    with transaction.atomic():
        saved = SavedDetail.objects.create(project_id=project_id, volume=volume)
        # The slip that no test without load finds: under pressure the transaction is given up, and nobody is told.
        transaction.set_rollback(middleware.connections_in_use() > settings.STAGING_LOSE_WRITES_ABOVE)
    ledger.acknowledge(saved.id, volume)
    return JsonResponse({"id": saved.id, "volume": volume}, status=201)
