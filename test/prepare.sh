#!/bin/sh
# Builds tap with the plugins that package.json names, which takes seconds, where that was not done since npm ci. Before that it says which
# Node.js is recommended, where this is an older one.
set -eu
cd "$(dirname "$0")/.."
node --input-type=module -e "
import { olderNodeAdvice } from './dist/src/commands/node-version.js';
const advice = olderNodeAdvice(process.versions.node);
if (advice !== null) console.log(advice);"
built=node_modules/@tapjs/test/test-built/.plugins
wanted=$(node -p 'JSON.stringify(require("./package.json").tap.plugin)')
[ -f "$built" ] && [ "$(cat "$built")" = "$wanted" ] && exit 0
npx tap build
printf '%s\n' "$wanted" > "$built"
