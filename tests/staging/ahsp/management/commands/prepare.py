"""`manage.py prepare`: users and projects, in bulk. Does nothing where they exist."""

import random

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from ahsp.models import DetailAHSPProject, HargaItem, Klasifikasi, Pekerjaan, Project, SubKlasifikasi

# id, complexity, pekerjaan, levels of nesting: the strategy document's classes before STAGING_SCALE.
# Each pekerjaan has ten details, so that 30 pekerjaan have its 100-500 details, 500 have its 5000+.
PROJECTS = [
    (160, "small", 30, 1),
    (161, "medium", 150, 3),
    (163, "large", 500, 5),
    (139, "large", 520, 5),
    (162, "worst", 600, 7),
]
DETAILS_EACH = 10
HARGA_ITEMS = 120


class Command(BaseCommand):
    help = "Creates user1..userN and the projects of four sizes; does nothing where they exist."

    def handle(self, *args, **options):
        if Project.objects.exists():
            return
        with transaction.atomic():
            create_users(settings.STAGING_USERS)
            draw = random.Random(162)
            items = HargaItem.objects.bulk_create(
                HargaItem(name=f"item {number}", price=draw.randrange(1_000, 500_000)) for number in range(HARGA_ITEMS)
            )
            for number, complexity, size, levels in PROJECTS:
                project = Project.objects.create(id=number, name=f"Project {number}", complexity=complexity)
                create_pekerjaan(project, max(1, round(size * settings.STAGING_SCALE)), levels, items, draw)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def create_users(count):
    """One hash for all: the password is the same, and hashing is what takes the time."""
    password = make_password(settings.STAGING_PASSWORD)
    User.objects.bulk_create(
        (User(username=f"user{number}", password=password) for number in range(1, count + 1)), batch_size=500
    )


def create_pekerjaan(project, count, levels, items, draw):
    """`count` pekerjaan, ten to a section and five sections to a chapter, nested in runs of `levels`."""
    sections = []
    for section in range(0, count, 10):
        if section % 50 == 0:
            chapter = Klasifikasi.objects.create(project=project, name=f"chapter {section // 50 + 1}")
        sections.append(SubKlasifikasi.objects.create(klasifikasi=chapter, name=f"section {section // 10 + 1}"))
    # The ids are taken ahead, so that children can name their parents in one bulk insert.
    first = (Pekerjaan.objects.order_by("-id").values_list("id", flat=True).first() or 0) + 1
    created = Pekerjaan.objects.bulk_create(
        Pekerjaan(
            id=first + index,
            project=project,
            sub_klasifikasi=sections[index // 10],
            parent_id=first + index - 1 if index % levels else None,
            name=f"pekerjaan {index + 1}",
            ordering_index=index,
        )
        for index in range(count)
    )
    DetailAHSPProject.objects.bulk_create(
        (
            DetailAHSPProject(pekerjaan=pekerjaan, harga_item=draw.choice(items), coefficient=draw.randrange(1, 5_000))
            for pekerjaan in created
            for _ in range(DETAILS_EACH)
        ),
        batch_size=1000,
    )
