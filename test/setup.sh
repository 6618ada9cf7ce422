#!/bin/sh
# Installs what some test suites run against: redis-server, Chromium, Firefox ESR and AWS's CLI, from the distribution. Says what it does, and
# what to install by hand where it may not. Two are optional, since some distributions have no package of them: without AWS's CLI its suite is
# skipped, and without Chromium's shell, which has no window and takes half the processor time, the browser suites take Chromium.
set -u

chromium=""
for candidate in chromium chromium-browser google-chrome; do
  if command -v "$candidate" >/dev/null 2>&1; then chromium=$(command -v "$candidate"); break; fi
done
firefox=""
for candidate in firefox-esr firefox; do
  if command -v "$candidate" >/dev/null 2>&1; then firefox=$(command -v "$candidate"); break; fi
done
redis=$(command -v redis-server || true)
shell=$(command -v chromium-headless-shell || true)
aws=$(command -v aws || true)

missing=""
if [ -n "$redis" ]; then echo "redis-server: found at $redis"; else missing="$missing redis-server"; fi
if [ -n "$chromium" ]; then echo "Chromium: found at $chromium"; else missing="$missing chromium"; fi
if [ -n "$firefox" ]; then echo "Firefox: found at $firefox"; else missing="$missing firefox-esr"; fi
optional=""
if [ -n "$shell" ]; then echo "Chromium's shell: found at $shell"; else optional=" chromium-headless-shell"; fi
if [ -n "$aws" ]; then echo "AWS's CLI: found at $aws"; else optional="$optional awscli"; fi
if [ -z "$missing$optional" ]; then
  echo "Everything is there: npm test runs every suite."
  exit 0
fi

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing with apt-get:$missing$optional"
  updated=yes
  apt-get update -qq || updated=no
  if [ -n "$missing" ]; then
    [ "$updated" = yes ] || exit 1
    # The fonts are for the pages in the browser tests.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing fonts-dejavu-core || exit 1
    echo "Installed:$missing"
  fi
  for package in $optional; do
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; then
      echo "Installed: $package"
    else
      echo "Not installed: $package. npm test does without."
    fi
  done
  exit 0
fi

echo "Not installed, because this needs root on Debian or Ubuntu. Please install:$missing$optional"
echo "  sudo apt-get install$missing$optional"
echo "Without them npm test skips the suites that need them, by name."
[ -z "$missing" ]
