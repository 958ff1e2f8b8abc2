"""What holds for every test."""

from hypothesis import settings

# A deadline per example fails tests on a busy machine, and says nothing about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
