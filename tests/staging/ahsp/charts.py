"""Chart data: the cost of every pekerjaan of a project. What it costs to compute grows with the project."""

from django.conf import settings

from ahsp.models import Pekerjaan


def chart_rows(project_id):
    """One row for each pekerjaan in order: its chapter, and its cost in rupiah with all that is nested below it."""
    pekerjaan_list = list(_pekerjaan_of(project_id))
    costs = {pekerjaan.id: _own_cost(pekerjaan) for pekerjaan in pekerjaan_list}
    # A parent always comes before its children, so going backwards hands every cost up through all levels.
    for pekerjaan in reversed(pekerjaan_list):
        if pekerjaan.parent_id is not None:
            costs[pekerjaan.parent_id] += costs[pekerjaan.id]
    return [
        {
            "id": pekerjaan.id,
            "name": pekerjaan.name,
            "chapter": pekerjaan.sub_klasifikasi.klasifikasi.name,
            "section": pekerjaan.sub_klasifikasi.name,
            "cost": costs[pekerjaan.id] // 1000,
        }
        for pekerjaan in pekerjaan_list
    ]


def _pekerjaan_of(project_id):
    """The healthy form takes four queries for a project of any size.

    With STAGING_N_PLUS_ONE it is the slip that reviews miss: select_related is gone, the rows are the same, and
    each of them now asks twice for its section and chapter.
    """
    found = Pekerjaan.objects.filter(project_id=project_id).order_by("ordering_index")
    if not settings.STAGING_N_PLUS_ONE:
        found = found.select_related("sub_klasifikasi__klasifikasi")
    return found.prefetch_related("detailahspproject_set__harga_item")


def _own_cost(pekerjaan):
    """The cost of the pekerjaan's own details, in thousandths of a rupiah."""
    return sum(detail.coefficient * detail.harga_item.price for detail in pekerjaan.detailahspproject_set.all())
