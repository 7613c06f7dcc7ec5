"""Addresses of this door."""

from django.urls import path

from . import asking, phones, views, wishes

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
    path("undo/", asking.undo, name="undo"),
    path("phones/", phones.phones, name="phones"),
    path("phones/begin/", phones.begin_adding, name="begin-adding"),
    path("unlock/", phones.unlock, name="unlock"),
    path("unlock/begin/", phones.begin_unlocking, name="begin-unlocking"),
    path("follow-ups/<uuid:uid>/<int:position>/", wishes.follow_up, name="follow-up"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("<str:secret>/", views.open_link, name="open"),
]
