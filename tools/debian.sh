#!/usr/bin/env bash
# What Python packages cannot bring, on Debian and its kin: the system libraries of OpenCV; with `test` also a browser.
# Installs what is missing when run as root, and says what to install otherwise. Does nothing elsewhere.
set -euo pipefail

command -v apt-get >/dev/null || exit 0
missing=()
has() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep "$1" >/dev/null; }
has libGL.so.1 || missing+=(libgl1)
has libglib-2.0.so.0 || missing+=(libglib2.0-0)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
if [[ ${1:-} == test ]]; then
  command -v chromium >/dev/null || missing+=(chromium)
fi
((${#missing[@]})) || exit 0

if [[ $(id -u) == 0 ]]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
  echo "Missing system packages. Please run:  sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
