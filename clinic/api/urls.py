"""Addresses of this door."""

app_name = "api"
urlpatterns: list = []
