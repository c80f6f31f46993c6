# The bot: chat platforms and the web page. No torch in here; it asks a worker over a socket that both mount.
# Build at the root: docker build -f deploy/bot.Dockerfile -t stride-bot .
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY deploy/constraints.txt deploy/constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY sandbox sandbox
COPY cards cards
COPY bot bot
RUN python -m venv /stride \
    && /stride/bin/pip install --no-cache-dir -c deploy/constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/stride stride
COPY --from=build /stride /stride
USER 10001
WORKDIR /var/lib/stride
ENV PATH=/stride/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STRIDE_DATA_DIR=/var/lib/stride \
    STRIDE_SANDBOX__SOCKET=/run/stride/worker.sock \
    STRIDE_WEB__HOST=0.0.0.0
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["stride", "doctor", "--quiet", "--serving"]
ENTRYPOINT ["stride"]
CMD ["run"]
