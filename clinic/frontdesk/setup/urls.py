"""Addresses of the set-up."""

from django.urls import path

from . import accounts, chairs, first, home, people, protocols, rota, sites, time_off

app_name = "setup"
urlpatterns = [
    path("", home.home, name="home"),
    path("first/", first.first, name="first"),
    path("first/<slug:name>/", first.step, name="step"),
    path("sites/new/", sites.new, name="new-site"),
    path("sites/<uuid:uid>/", sites.show, name="site"),
    path("sites/<uuid:uid>/state/", sites.state, name="site-state"),
    path("sites/<uuid:uid>/chairs/", chairs.chairs, name="chairs"),
    path("sites/<uuid:uid>/rota/", rota.rota, name="rota"),
    path("sites/<uuid:uid>/time-off/", time_off.time_off, name="time-off"),
    path("sites/<uuid:uid>/holidays/<date:day>/", time_off.set_holiday, name="holiday"),
    path("sites/<uuid:uid>/absences/<int:pk>/remove/", time_off.remove_absence, name="remove-absence"),
    path("closures/<int:pk>/remove/", time_off.remove_closure, name="remove-closure"),
    path("chairs/<uuid:uid>/", chairs.show, name="chair"),
    path("chairs/<uuid:uid>/state/", chairs.state, name="chair-state"),
    path("chairs/<uuid:uid>/calendars/", chairs.calendars, name="chair-calendars"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<uuid:uid>/", accounts.show, name="account"),
    path("accounts/<uuid:uid>/state/", accounts.state, name="account-state"),
    path("protocols/", protocols.protocols, name="protocols"),
    path("protocols/new/", protocols.build, name="new-protocol"),
    path("protocols/of/<slug:slug>/", protocols.build, name="protocol"),
    path("protocols/of/<slug:slug>/state/", protocols.state, name="protocol-state"),
    path("people/", people.people, name="people"),
    path("people/<slug:kind>/", people.people, name="people-of"),
    path("people/<slug:kind>/<uuid:uid>/", people.show, name="person"),
    path("people/technician/<uuid:uid>/calendars/", people.calendars, name="technician-calendars"),
    path("people/<slug:kind>/<uuid:uid>/state/", people.state, name="person-state"),
]
