"""A team's own Django project, which takes in the streams beside its own consumer and page."""
