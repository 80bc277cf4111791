# Two images of one project (docs/deploy.md): `--target rasa` understands, `--target desk` is all the rest.
# For linux/amd64: the locked packages name no other machine. Built elsewhere it stops at the first import, not later.

FROM python:3.10-slim-bookworm AS rasa-packages
COPY requirements/rasa.txt /tmp/rasa.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/rasa.txt

FROM python:3.10-slim-bookworm AS rasa-code
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RASA_TELEMETRY_ENABLED=false
RUN useradd --system --uid 10001 --home-dir /nonexistent inloop
WORKDIR /app
COPY --from=rasa-packages /opt/venv /opt/venv
COPY LICENSE domain.yml config.yml endpoints.yml ./
COPY data data
COPY bot bot

# Trained while building, so that a start takes seconds; what training leaves beside the model stays in this stage.
FROM rasa-code AS model
RUN python -m bot.rasa.train

FROM rasa-code AS rasa
COPY --from=model /app/var/models var/models
USER 10001
EXPOSE 5006
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import json, urllib.request as web; raise SystemExit(json.load(web.urlopen('http://127.0.0.1:5006/health', timeout=4))['status'] != 'ready')"]
CMD ["python", "-m", "bot.rasa.server", "--host", "0.0.0.0", "--port", "5006"]

FROM python:3.12-slim-bookworm AS desk-packages
# Two of rasa-sdk's old pins come as source only: they are compiled here, and the compiler stays here.
# Debian keeps only the newest version of a package, so naming one would break this line soon.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/desk.txt /tmp/desk.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/desk.txt

FROM python:3.12-slim-bookworm AS desk
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Where the part in this container says how it is; the console and the actions name their own (compose.yml).
ENV HEALTH_URL=http://127.0.0.1:5005/health
RUN useradd --system --uid 10001 --home-dir /nonexistent inloop \
 && printf '#!/bin/sh\nexec python -m bot "$@"\n' > /usr/local/bin/inloop \
 && chmod 755 /usr/local/bin/inloop
WORKDIR /app
COPY --from=desk-packages /opt/venv /opt/venv
COPY LICENSE ./
COPY data data
COPY actions actions
COPY bot bot
RUN inloop --help > /dev/null
USER 10001
EXPOSE 5005 5055 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
ENTRYPOINT ["inloop"]
CMD ["gateway"]
