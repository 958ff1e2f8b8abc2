"""The team's pages."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse("The team's page.")


urlpatterns = [path("", index), path("admin/", admin.site.urls)]
