"""Where the web page and the documentation are, and, for USE_SECURITY, the login.

The names are in a namespace of their own: a project has a `login` of its own. The endpoints have
to be under the same prefix as the page.
"""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, reverse_lazy

from dashboard.reference import asyncapi, docs
from dashboard.views import live

app_name = "dashboard"

_LIVE = reverse_lazy("dashboard:live")

urlpatterns = [
    path("", live, name="live"),
    path("asyncapi.json", asyncapi, name="asyncapi"),
    path("docs/", docs, name="docs"),
    path(
        "login/",
        LoginView.as_view(template_name="dashboard/login.html", next_page=_LIVE),
        name="login",
    ),
    path("logout/", LogoutView.as_view(next_page=_LIVE), name="logout"),
]
