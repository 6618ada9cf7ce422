#!/bin/sh
# Builds tap with the plugins that package.json names, which takes seconds, where that was not done since npm ci.
set -eu
cd "$(dirname "$0")/.."
built=node_modules/@tapjs/test/test-built/.plugins
wanted=$(node -p 'JSON.stringify(require("./package.json").tap.plugin)')
[ -f "$built" ] && [ "$(cat "$built")" = "$wanted" ] && exit 0
npx tap build
printf '%s\n' "$wanted" > "$built"
