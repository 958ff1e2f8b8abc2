#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from streams.databases import describe_database_failure


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong setting is the operator's to mend: a sentence helps, a traceback does not.
        sys.exit(f"Refused to start: {error}")
    except DatabaseError as error:
        sys.exit(describe_database_failure(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
