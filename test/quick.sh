#!/bin/sh
# npm run test:quick: the suites that start neither a browser nor a process of their own. Says what it leaves out.
set -eu
cd "$(dirname "$0")/.."
code=0
npx tap --disable-coverage dist/test/suites/*.test.js || code=$?
left_out=$(node -p 'JSON.parse(fs.readFileSync("package.json", "utf8")).tap.include.filter((path) => !path.includes("/suites/")).join(" ")')
echo
echo "Left out here and run by npm test, since they start browsers or processes, or take long:"
# The patterns are for the shell.
# shellcheck disable=SC2086
ls $left_out | sed -e 's|^dist/|  |' -e 's|\.js$|.ts|'
exit "$code"
