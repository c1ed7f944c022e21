#!/usr/bin/env bash
# Make sure that the cairo library is there: install it where that needs nobody's password, else say how.
set -euo pipefail

have_cairo() {
  "${PYTHON:-python3}" -c '
import ctypes.util, sys
sys.exit(not any(ctypes.util.find_library(name) for name in ("cairo-2", "cairo", "libcairo-2")))' 2>/dev/null
}

have_cairo && exit 0
if command -v apt-get >/dev/null; then
  if [ "$(id -u)" = 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "picasso-series needs the cairo library; install it with: sudo apt-get install -y libcairo2" >&2
    exit 1
  fi
  "${as_root[@]}" apt-get update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq libcairo2 </dev/null
elif command -v brew >/dev/null; then
  echo "picasso-series needs the cairo library; install it with: brew install cairo" >&2
  exit 1
else
  echo "picasso-series needs the cairo library (libcairo.so.2); install it with your system's package manager" >&2
  exit 1
fi
