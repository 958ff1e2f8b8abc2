"""No pages: the system checks want a module."""

urlpatterns: list[object] = []
