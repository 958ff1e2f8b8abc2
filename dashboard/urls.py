"""Where the web page and the documentation are, and, for USE_SECURITY, the login."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard.reference import asyncapi, docs
from dashboard.views import live

urlpatterns = [
    path("", live, name="live"),
    path("asyncapi.json", asyncapi, name="asyncapi"),
    path("docs/", docs, name="docs"),
    path("login/", LoginView.as_view(template_name="dashboard/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
