# The worker: torch, and nothing that talks to anybody. It serves the bot on a Unix socket and has no network.
# Build at the root: docker build -f deploy/worker.Dockerfile -t stride-worker .
FROM python:3.11-slim-bookworm AS build
# A CPU build of torch; name another index for CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
COPY deploy/constraints.txt deploy/constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY sandbox sandbox
RUN python -m venv /stride \
    && /stride/bin/pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -c deploy/constraints.txt ".[worker]"

FROM python:3.11-slim-bookworm
# Debian keeps one bubblewrap a release, with its security fixes; a pinned one would be gone with the next.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home stride \
    && mkdir /run/stride && chown stride:stride /run/stride
COPY --from=build /stride /stride
USER 10001
WORKDIR /
ENV PATH=/stride/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["python", "-m", "sandbox", "serve"]
CMD ["--device", "cpu", "--socket", "/run/stride/worker.sock"]
