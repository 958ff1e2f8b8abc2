# syntax=docker/dockerfile:1
# One image for web, worker and beat; the command tells them apart (see Procfile).

FROM python:3.13-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
WORKDIR /app
COPY requirements.txt .
RUN /venv/bin/pip install -r requirements.txt

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT=8000
RUN useradd --system --uid 10001 --no-create-home app
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
# Static files need no secret, but the settings ask for one; it is not kept.
RUN SECRET_KEY=none python manage.py collectstatic --no-input \
    && python -m compileall -q -j 0 dashboard financequery marketdata streams
# Made-up prices for everybody; where it runs says otherwise: yahoo, True.
ENV MARKETDATA_PROVIDER=simulated
ENV USE_SECURITY=False
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
# `exec`: the server itself gets SIGTERM, and drains.
CMD ["sh", "-c", "exec python manage.py serve --bind 0.0.0.0 --port \"$PORT\""]
