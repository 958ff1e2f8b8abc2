"""Where the web page is."""

from django.urls import path

from dashboard.views import live

urlpatterns = [path("", live, name="live")]
