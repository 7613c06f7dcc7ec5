"""Addresses of this door."""

from django.urls import path

from . import views

app_name = "replies"
urlpatterns = [
    path("report/", views.report, name="report"),
    path("text/", views.text, name="text"),
    path("stop/<str:token>/", views.stop, name="stop"),
]
