"""Every address: the desk, the patients' pages, the interfaces."""

from django.urls import include, path

urlpatterns = [
    path("", include("clinic.frontdesk.urls")),
    path("my/", include("clinic.portal.urls")),
    path("calendar/", include("clinic.feeds.urls")),
    path("api/v1/", include("clinic.api.urls")),
    path("accounts/", include("allauth.urls")),
]
