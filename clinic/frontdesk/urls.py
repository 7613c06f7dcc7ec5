"""Addresses of this door."""

app_name = "frontdesk"
urlpatterns: list = []
