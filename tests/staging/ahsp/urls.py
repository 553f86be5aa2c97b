"""The paths of the project; gates.yaml names the same ones."""

from django.contrib.auth.views import LoginView
from django.urls import path

from ahsp import operations, views

urlpatterns = [
    path("accounts/login/", LoginView.as_view()),
    path("dashboard/", views.dashboard),
    path("api/projects/<int:project_id>/", views.project),
    path("api/projects/<int:project_id>/chart-data/", views.chart_data),
    path("api/projects/<int:project_id>/details/", views.save_detail),
    path("api/integrity", operations.integrity),
    path("healthz", operations.healthz),
    path("version", operations.version),
    path("metrics", operations.metrics),
]
