# The image of the proxy (the last stage, the default) and, with `--target demo`, the one that also holds local Cognito and the demo.
# Plain Dockerfile syntax, no BuildKit needed: docker build, podman build and buildah bud all take it.
# podman and buildah drop HEALTHCHECK unless told `--format docker`: OCI images have no field for it.

# A tag moves, a digest does not: releases give one, --build-arg BASE_IMAGE=node:24-trixie-slim@sha256:… (docs/deploy.md says where from).
ARG BASE_IMAGE=node:24-trixie-slim

FROM $BASE_IMAGE AS build
# What production runs on, in a folder of its own, so that a change of the sources does not install it again. npm takes the folder's name for
# the program's in the bill of materials.
WORKDIR /production/cognito-bff
COPY package.json package-lock.json .npmrc ./
# A third of it is never read at run time: type declarations, source maps, and sources kept for those. Licence files stay.
# npm sbom --omit=dev would leave out every package that a development package needs too, hence devDependencies go.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
 && npm pkg delete devDependencies \
 && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig*.json rolldown.config.js ./
COPY src ./src
# Then apart: what only the demo needs. Local Cognito is a fake identity provider and has no place in a production image.
RUN npm run build \
 && find dist -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.tsbuildinfo' \) -delete \
 && chmod 755 dist/src/main.js \
 && mkdir -p /only-demo/commands /only-demo/rehearse \
 && mv dist/src/demo dist/src/local-cognito /only-demo/ \
 && mv dist/src/rehearse/local dist/src/rehearse/scenarios dist/src/rehearse/stage /only-demo/rehearse/ \
 && mv dist/src/commands/demo.js dist/src/commands/local-cognito.js dist/src/commands/local-cognito-settings.js dist/src/commands/sample-api.js /only-demo/commands/

FROM $BASE_IMAGE AS common
ENV NODE_ENV=production
WORKDIR /app
RUN ln -s /app/dist/src/main.js /usr/local/bin/cognito-bff
COPY package.json LICENSE ./
# What is installed here, package by package with its hash (CycloneDX), for scanners and for whoever asks.
COPY --from=build /production/cognito-bff/sbom.cdx.json ./
COPY --from=build /production/cognito-bff/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# By number, so that Kubernetes' runAsNonRoot can tell; it is the base image's user `node`. Every file belongs to root: nothing of the
# program can be changed by it, and it writes nowhere.
USER 1000:1000
EXPOSE 3000 9000
# The interpreter line becomes `node` in the same process: PID 1 is the program, which has handlers of its own for SIGTERM and SIGINT.
ENTRYPOINT ["cognito-bff"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["cognito-bff", "health"]
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="cognito-bff" \
      org.opencontainers.image.base.name="$BASE_IMAGE" \
      org.opencontainers.image.description="A backend-for-frontend that keeps the users of a single-page app signed in through Amazon Cognito" \
      org.opencontainers.image.licenses="MIT"

FROM common AS demo
COPY --from=build /only-demo ./dist/src
# All addresses of the container; publish the ports to 127.0.0.1 alone: whoever reaches local Cognito is whoever they like.
ENV HOST=0.0.0.0 LOCAL_COGNITO_HOST=0.0.0.0 SAMPLE_API_HOST=0.0.0.0 MANAGEMENT_HOST=0.0.0.0 MANAGEMENT_PORT=9000
# A named volume mounted here takes over its owner: docker/compose.yaml keeps the generated session key in one.
USER 0
RUN install -d -o 1000 -g 1000 -m 700 /keys
USER 1000:1000
EXPOSE 9229
CMD ["demo"]

FROM common AS runtime
# The container's own network decides who reaches the management port. Publish it to nobody but the platform's probes.
ENV MANAGEMENT_HOST=0.0.0.0
CMD ["start"]
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
