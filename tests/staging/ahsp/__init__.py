"""A small Django project like the one of the load testing strategy: unit prices of construction work (AHSP)."""
