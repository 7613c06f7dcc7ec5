"""Addresses of this door."""

from django.urls import path

from . import views

app_name = "feeds"
urlpatterns = [path("<str:secret>.ics", views.calendar, name="calendar")]
