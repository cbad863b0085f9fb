# syntax=docker/dockerfile:1
# BTC Fake in a container:
#
#   docker build --build-arg VERSION="$(node -p 'require("./package.json").version')" -t btc-fake .
#   docker run --rm btc-fake --help
#
# docker-compose.yml and deploy/kubernetes/ run it; docs/operations.md tells how to live with it.

# A Node.js with long-term support on Debian's slim image. A mirror's copy of it can be named instead.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package needs its install script.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY config config
COPY src src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json \
  && chmod +x dist/src/cli/main.js

FROM ${NODE_IMAGE} AS packages
WORKDIR /build
COPY package.json package-lock.json ./
# A library names the TypeScript compiler as an optional peer, so npm keeps it; nothing that runs needs it.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/typescript node_modules/@typescript

FROM ${NODE_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="BTC Fake" \
  org.opencontainers.image.description="Makes the CSV files that the learning-management vendor BTC would drop, for testing the training pipeline behind it." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}"
# tini passes signals on and reaps what a process leaves behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*

# The code is root's and read-only to the user that runs it. The dashboard serves its style and script from the sources.
WORKDIR /opt/btc-fake
COPY --from=packages /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY src/dashboard/assets src/dashboard/assets
COPY input/UserCompletion_v2_template.csv input/
COPY databricks databricks
COPY package.json LICENSE deploy/container/healthcheck.mjs ./
RUN ln -s /opt/btc-fake/dist/src/cli/main.js /usr/local/bin/btc-fake

# Where the settings' relative paths lead. A named volume takes the owner of the folder that it is mounted on.
RUN mkdir -p /data/input /data/generated_files /data/downloaded_files \
  && chown -R 10001:10001 /data
WORKDIR /data

# A container is reached through its own network only; what is published from it is said where it is started.
ENV NODE_ENV=production \
  DASHBOARD_HOST=0.0.0.0 \
  METRICS_HOST=0.0.0.0 \
  METRICS_PORT=9464
EXPOSE 3000 9464
# A number, so that Kubernetes can see that it is not root's.
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/opt/btc-fake/healthcheck.mjs"]
ENTRYPOINT ["tini", "--", "btc-fake"]
CMD ["--help"]
