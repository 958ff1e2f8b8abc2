"""Where the web page is, and, for USE_SECURITY, its login."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard.views import live

urlpatterns = [
    path("", live, name="live"),
    path("login/", LoginView.as_view(template_name="dashboard/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
