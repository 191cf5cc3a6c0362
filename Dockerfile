# syntax=docker/dockerfile:1
# Build:  docker build -t selfsame .
# Run:    docker run --rm -p 127.0.0.1:7860:7860 --read-only --tmpfs /tmp --shm-size 512m -v selfsame:/home/app/.local/share selfsame
# The camera is used by the browser, so no device is handed to the container. Only 127.0.0.1 of the host is published, and
# the studio refuses every other Host name besides.
FROM python:3.11-slim-bookworm AS base
# No versions here on purpose: the base image decides, and security updates are taken as they come.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 libxcb1 libx11-6 \
 && rm -rf /var/lib/apt/lists/*

FROM base AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY models models
COPY consent consent
COPY app app
RUN /venv/bin/pip install --no-deps --editable . && /venv/bin/python -m models.fetch

FROM base
LABEL org.opencontainers.image.title="Selfsame" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --create-home --uid 10001 --shell /usr/sbin/nologin app \
 && mkdir -p /home/app/.local/share && chown -R app:app /home/app/.local
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /venv /venv
COPY --from=build /srv /srv
WORKDIR /srv
USER 10001
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import sys, urllib.request as u; sys.exit(u.urlopen('http://127.0.0.1:7860/healthz', timeout=2).status != 200)"]
ENTRYPOINT ["selfsame"]
CMD ["studio", "--host", "0.0.0.0", "--port", "7860", "--no-browser"]
