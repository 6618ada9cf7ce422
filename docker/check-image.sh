#!/usr/bin/env bash
# Builds the image and its demo target, and checks from outside what docs/deploy.md promises of them. Needs Node.js and a container engine.
#
#   docker/check-image.sh [--no-build] [--keep]
#
#   --no-build   the images are there already
#   --keep       leaves the containers running for a look, and says how to remove them
#
#   ENGINE       docker                      podman works too
#   BUILD        "$ENGINE build"             how images are built; podman: "podman build --format docker", or HEALTHCHECK is dropped
#   IMAGE        cognito-bff:check           the demo's is the same with -demo behind it
#   BASE_IMAGE   the Dockerfile's           what to build on, with a digest for instance
#   PORT, COGNITO_PORT, DEMO_PORT, DEMO_COGNITO_PORT    13000, 19229, 13001, 19230: ports of 127.0.0.1
#
# It needs an engine whose containers reach the npm registry while the image is built, and find each other by name on a network of their own
# afterwards: Docker has both; podman needs netavark with aardvark-dns (Debian: apt-get install aardvark-dns), or the dnsname plugin before podman 4.
#
# Every container is a network namespace of its own, has a read-only root, no capabilities, and cannot gain privileges.
set -euo pipefail
cd "$(dirname "$0")/.."

engine=${ENGINE:-docker}
image=${IMAGE:-cognito-bff:check}
demo_image=$image-demo
port=${PORT:-13000} cognito_port=${COGNITO_PORT:-19229} demo_port=${DEMO_PORT:-13001} demo_cognito_port=${DEMO_COGNITO_PORT:-19230}
case $engine in *podman*) default_build="$engine build --format docker" ;; *) default_build="$engine build" ;; esac
build=${BUILD:-$default_build}
base=${BASE_IMAGE:-$(sed -n 's/^ARG BASE_IMAGE=//p' Dockerfile)}
most_added_bytes=60000000

build_images=yes keep=no
for option in "$@"; do
  case $option in
    --no-build) build_images=no ;;
    --keep) keep=yes ;;
    --help | -h) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
    *) echo "check-image.sh: unknown option $option; --help lists them" >&2; exit 2 ;;
  esac
done

name=bff-check-$$
hardened="--read-only --cap-drop ALL --security-opt no-new-privileges"
containers=()

clean_up() {
  if [ "$keep" = yes ]; then
    echo "Remove them with: $engine rm -f ${containers[*]}; $engine network rm $name"
    return
  fi
  if [ ${#containers[@]} -gt 0 ]; then $engine rm -f "${containers[@]}" >/dev/null 2>&1 || true; fi
  $engine network rm "$name" >/dev/null 2>&1 || true
}
trap clean_up EXIT

say() { printf '\n== %s\n' "$*"; }
ok() { printf '  ok     %s\n' "$*"; }
broken() {
  printf '  BROKEN %s\n' "$*" >&2
  for container in ${containers[@]+"${containers[@]}"}; do
    echo "-- last lines of $container" >&2
    $engine logs --tail 15 "$container" >&2 || true
  done
  exit 1
}

# run NAME ARGUMENT...: a hardened container in the background.
run() {
  local container=$1
  shift
  containers+=("$container")
  $engine run -d --name "$container" $hardened "$@" >/dev/null 2>"/tmp/$container.err" || { cat "/tmp/$container.err" >&2; broken "$container does not start"; }
  rm -f "/tmp/$container.err"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
  local left=$(($1 * 5)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || broken "$what"
    sleep 0.2
  done
  ok "$what"
}

answers() { node -e 'fetch(process.argv[1], { redirect: "manual" }).then(() => process.exit(0), () => process.exit(1))' "$1"; }
state() { $engine inspect "$1" --format '{{.State.ExitCode}}'; }
stops_with_0() {
  $engine stop -t 20 "$1" >/dev/null 2>&1
  [ "$(state "$1")" = 0 ] || broken "$1 exits with $(state "$1") on stop"
  ok "$1 exits with 0 on stop"
}
in_image() { $engine run --rm $hardened --network none --entrypoint sh "$image" -c "$1"; }

if [ "$build_images" = yes ]; then
  say "The images"
  $build --build-arg BASE_IMAGE="$base" -t "$image" .
  $build --build-arg BASE_IMAGE="$base" --target demo -t "$demo_image" .
fi

say "What is in the image"
added=$(($($engine image inspect "$image" --format '{{.Size}}') - $($engine image inspect "$base" --format '{{.Size}}')))
[ "$added" -le "$most_added_bytes" ] || broken "it adds $added bytes to $base, more than $most_added_bytes"
ok "it adds $((added / 1000000)) MB to $base"
[ "$(in_image 'id -u')" = 1000 ] || broken "it runs as user $(in_image 'id -u')"
ok "it runs as user 1000"
in_image '! find /app -writable | grep -q .' || broken "the program can write to its own files"
ok "the program can write to none of its files"
found=$(in_image "find /app -path '*local-cognito*' -o -path '/app/dist/src/demo*' -o -path '/app/*/test' -prune -o -name '*.map' -o -name '*.d.ts'" | grep -v node_modules || true)
[ -z "$found" ] || broken "local Cognito, demo, maps or declarations are in it: $found"
ok "no local Cognito, no demo, no source maps in it"
in_image 'for package in typescript tap vite playwright-core @biomejs; do [ ! -e /app/node_modules/$package ] || exit 1; done' || broken "development packages are in it"
ok "no development packages in it"
bill=$($engine run --rm -i $hardened --network none --entrypoint node "$image" --input-type=module < docker/check-sbom.mjs) || broken "its bill of materials: $bill"
ok "its bill of materials lists what is there: $bill"
text=$($engine run --rm $hardened --network none "$image" local-cognito 2>&1) && broken "it runs local Cognito"
case $text in *"build the target"*) ok "asked for local Cognito it says which target has it" ;; *) broken "asked for local Cognito it says: $text" ;; esac
case $($engine image inspect "$image" | tr -d ' \n') in *'"cognito-bff","health"'*) ok "HEALTHCHECK asks cognito-bff health" ;; *) broken "it has no HEALTHCHECK: build with --format docker" ;; esac

say "The proxy, local Cognito and an API in three network namespaces, on real clocks"
$engine network create "$name" >/dev/null
run "$name-cognito" --network "$name" --network-alias cognito -p "127.0.0.1:$cognito_port:$cognito_port" \
  -e LOCAL_COGNITO_PORT="$cognito_port" -e LOCAL_COGNITO_MIN_TOKEN_VALIDITY=1s -e PUBLIC_URL="http://localhost:$port" "$demo_image" local-cognito
run "$name-api" --network "$name" --network-alias api -e COGNITO_ENDPOINT="http://cognito:$cognito_port" "$demo_image" sample-api
# Else everything below fails one by one, and nothing says why.
if ! $engine run --rm $hardened --network "$name" --entrypoint node "$image" -e 'require("dns").promises.lookup("cognito").catch(() => process.exit(1))'; then
  broken "containers on a network of their own do not find each other by name. Docker's do; podman needs aardvark-dns (apt-get install aardvark-dns), or the dnsname plugin before podman 4"
fi
ok "containers find each other by name"
until_true 30 "local Cognito answers" answers "http://127.0.0.1:$cognito_port/_local/clock"
keys=$($engine run --rm $hardened --network none "$image" keygen 2> /dev/null)
run "$name-proxy" --network "$name" -p "127.0.0.1:$port:3000" \
  -e PUBLIC_URL="http://localhost:$port" -e SESSION_KEYS="$keys" \
  -e COGNITO_USER_POOL_ID=us-east-1_Local0001 -e COGNITO_CLIENT_ID=3localcognitodemoclient001 \
  -e COGNITO_CLIENT_SECRET=localcognitodemosecretforlocalcognitoonlynotsecret1 -e COGNITO_DOMAIN="http://127.0.0.1:$cognito_port" \
  -e COGNITO_TOKEN_URL="http://cognito:$cognito_port" -e COGNITO_ENDPOINT="http://cognito:$cognito_port" \
  -e PROXY_ROUTES=/api=http://api:8080 "$image"
until_true 30 "cognito-bff health says yes" $engine exec "$name-proxy" cognito-bff health
namespaces=$(for container in proxy cognito api; do $engine exec "$name-$container" readlink /proc/self/ns/net; done | sort -u | wc -l)
[ "$namespaces" = 3 ] || broken "$namespaces network namespaces, not 3"
ok "three network namespaces"
node docker/check-revocation.mjs "http://localhost:$port" || broken "the flow on real clocks"
lines=$($engine logs "$name-proxy" 2>&1)
case $lines in *"$keys"* | *localcognitodemosecret*) broken "a secret is in the proxy's log" ;; *) ok "no secret in its log" ;; esac
stops_with_0 "$name-proxy"
stops_with_0 "$name-cognito"
stops_with_0 "$name-api"

say "The line that the README shows"
folder=$(mktemp -d)
mkdir "$folder/secrets" "$folder/dist"
chmod 700 "$folder/secrets"
(umask 077; printf %s "$keys" > "$folder/secrets/session-keys"; printf %s aclientsecretofthistest > "$folder/secrets/cognito-client-secret")
echo "<title>The app of the README</title>" > "$folder/dist/index.html"
sed -n '/^```ini$/,/^```$/{/^```/d;p;}' README.md | sed "s#^PUBLIC_URL=.*#PUBLIC_URL=http://localhost:$port#" > "$folder/bff.env"
line=$(sed -n '/^docker run .*--read-only/,/[^\\]$/p' README.md | sed "s/-p 3000:/-p 127.0.0.1:$port:/; s/ cognito-bff$/ $(printf %s "$image" | sed 's#[/&]#\\&#g')/; s/--rm //")
containers+=("$name-readme")
# As it stands, but for the port, the image's name, and that it goes on in the background.
docker() { shift; $engine run -d --name "$name-readme" "$@"; }
(cd "$folder" && eval "$line") >/dev/null || broken "the README's line does not start"
until_true 30 "cognito-bff health says yes" $engine exec "$name-readme" cognito-bff health
answer=$(node -e 'fetch(process.argv[1], { headers: { accept: "text/html" } }).then(async (answer) => console.log(await answer.text()))' "http://localhost:$port/")
case $answer in *"The app of the README"*) ok "it serves the app that is mounted, with secrets that only their owner reads" ;; *) broken "it does not serve the app: $answer" ;; esac
stops_with_0 "$name-readme"
rm -r "$folder"

say "The demo in one container"
run "$name-demo" -p "127.0.0.1:$demo_port:$demo_port" -p "127.0.0.1:$demo_cognito_port:$demo_cognito_port" \
  -e PORT="$demo_port" -e LOCAL_COGNITO_PORT="$demo_cognito_port" "$demo_image"
until_true 30 "cognito-bff health says yes" $engine exec "$name-demo" cognito-bff health
node docker/check-flow.mjs "http://localhost:$demo_port" || broken "the main job in the demo"
stops_with_0 "$name-demo"

printf '\nEverything held.\n'
