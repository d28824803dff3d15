# The pgplane image: `docker build -t pgplane .`, then `docker run -p 6443:6443 -v pgplane:/var/lib/pgplane pgplane`.
# BASE_IMAGE is any Debian-like image with Node 26 and npm in its PATH and a user `node` (uid 1000).
ARG BASE_IMAGE=node:26-slim

# What is needed to run, installed once; the layer changes only with the lock file.
FROM ${BASE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --omit=dev --no-save --loglevel=error && npm cache clean --force
COPY . .

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="pgplane" \
      org.opencontainers.image.description="A Kubernetes control plane on PostgreSQL" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build /app /app
RUN mkdir -p /var/lib/pgplane /app/node_modules/.cache && chown 1000:1000 /var/lib/pgplane /app/node_modules/.cache
# Not root: PostgreSQL refuses to run as root, and nothing else here needs to be.
USER 1000:1000
# An initialised and migrated PostgreSQL to copy, so that the first start takes no longer than others.
RUN node --eval "import('/app/storage/postgres/embedded-template.ts').then((m) => m.prepareEmbeddedTemplate())"
VOLUME /var/lib/pgplane
EXPOSE 6443
# /readyz answers 200 only once everything asked for is serving.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/app/scripts/healthcheck.mjs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/cli/pgplane.mjs"]
CMD ["up", "--data-dir", "/var/lib/pgplane", "--bind-address", "0.0.0.0"]
