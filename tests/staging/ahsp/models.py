"""The data: a project has pekerjaan (work items, nested), a pekerjaan has details, a detail prices one item."""

from django.db import models


class Project(models.Model):
    """One construction project of a complexity class: small, medium, large or worst."""

    name = models.CharField(max_length=100)
    complexity = models.CharField(max_length=10)


class Klasifikasi(models.Model):
    """A chapter of the project's work breakdown."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)


class SubKlasifikasi(models.Model):
    """A section of a chapter."""

    klasifikasi = models.ForeignKey(Klasifikasi, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)


class Pekerjaan(models.Model):
    """A work item. `parent` nests items; its costs include its children's."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    sub_klasifikasi = models.ForeignKey(SubKlasifikasi, on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    ordering_index = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["project", "ordering_index"]),
            models.Index(fields=["project", "sub_klasifikasi"]),
        ]


class HargaItem(models.Model):
    """A priced item: a material, a wage, a machine hour. The price is in whole rupiah."""

    name = models.CharField(max_length=100)
    price = models.PositiveIntegerField()


class DetailAHSPProject(models.Model):
    """How much of one priced item a pekerjaan takes, in thousandths."""

    pekerjaan = models.ForeignKey(Pekerjaan, on_delete=models.CASCADE)
    harga_item = models.ForeignKey(HargaItem, on_delete=models.PROTECT)
    coefficient = models.PositiveIntegerField()


class SavedDetail(models.Model):
    """A volume that a user saved. Kept apart from the details, so that writes do not change what chart data costs."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    volume = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
