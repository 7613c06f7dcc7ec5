"""Addresses of this door."""

from django.urls import path

from . import views

app_name = "portal"
urlpatterns = [
    path("", views.schedule, name="schedule"),
    path("calendar/", views.calendar, name="calendar"),
    path("language/", views.language, name="language"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("<str:secret>/", views.open_link, name="open"),
]
