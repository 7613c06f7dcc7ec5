"""Addresses of this door."""

from django.urls import path

from . import asking, views, wishes

app_name = "portal"
urlpatterns = [
    path("", views.schedule, name="schedule"),
    path("calendar/", views.calendar, name="calendar"),
    path("language/", views.language, name="language"),
    path("contact/", wishes.wishes, name="wishes"),
    path("paper/", wishes.paper, name="paper"),
    path("visits/<uuid:uid>/confirm/", asking.confirm, name="confirm"),
    path("visits/<uuid:uid>/late/", asking.late, name="late"),
    path("visits/<uuid:uid>/move/", asking.move, name="move"),
    path("follow-ups/<uuid:uid>/<int:position>/", wishes.follow_up, name="follow-up"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("<str:secret>/", views.open_link, name="open"),
]
