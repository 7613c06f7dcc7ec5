"""Addresses of this door."""

app_name = "feeds"
urlpatterns: list = []
