#!/bin/sh
# Installs what some test suites run against: redis-server, Chromium and Firefox ESR, from the distribution. Says what it does, and what to
# install by hand where it may not.
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

missing=""
if [ -n "$redis" ]; then echo "redis-server: found at $redis"; else missing="$missing redis-server"; fi
if [ -n "$chromium" ]; then echo "Chromium: found at $chromium"; else missing="$missing chromium"; fi
if [ -n "$firefox" ]; then echo "Firefox: found at $firefox"; else missing="$missing firefox-esr"; fi
if [ -z "$missing" ]; then
  echo "Everything is there: npm test runs every suite."
  exit 0
fi

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing with apt-get:$missing"
  apt-get update -qq || exit 1
  # The fonts are for the pages in the browser tests.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing fonts-dejavu-core || exit 1
  echo "Installed:$missing"
  exit 0
fi

echo "Not installed, because this needs root on Debian or Ubuntu. Please install:$missing"
echo "  sudo apt-get install$missing"
echo "Without them npm test skips the suites that need them, by name."
exit 1
