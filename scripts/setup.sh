#!/usr/bin/env bash
# Brings what the product needs on a fresh Debian or Ubuntu machine with git, make, Node >= 20 and Python >= 3.10.
# Safe to run again: what is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${UNPROMPTED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/unprompted}

need() { # command, what it is for, how to get it
  command -v "$1" >/dev/null 2>&1 || { echo "Missing: $1 ($2). $3" >&2; exit 2; }
}
need node "runs npm" "Install Node 20 or newer."
need npm "brings our packages" "Install npm."
need python3 "runs the Python baselines" "Install Python 3.10 or newer."
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "Node $(node --version) is too old: 20 or newer is needed." >&2; exit 2; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$(python3 --version) is too old: 3.10 or newer is needed." >&2; exit 2; }

apt_install() { # packages
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installs $* with apt-get"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1
  else
    return 1
  fi
}

python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || apt_install python3-venv ||
  { echo "Missing: Python's venv. Run: sudo apt-get install python3-venv" >&2; exit 2; }
if [ "$(uname)" = Linux ] && ! command -v bwrap >/dev/null 2>&1; then
  apt_install bubblewrap ||
    echo "bubblewrap is not installed: apps will run as you, on loopback ports, seeing your files. To contain them: sudo apt-get install bubblewrap" >&2
fi
for tool in curl:curl openssl:openssl make:make g++:g++; do
  command -v "${tool%%:*}" >/dev/null 2>&1 || apt_install "${tool##*:}" || echo "${tool%%:*} is not installed; some apps and scripts need it: sudo apt-get install ${tool##*:}" >&2
done

stamp=node_modules/.setup-stamp
if [ ! -f "$stamp" ] || [ package-lock.json -nt "$stamp" ] || ! node_modules/.bin/node --version >/dev/null 2>&1; then
  echo "Installs npm packages"
  # `npm ci` refuses a lock file that lacks other platforms' optional packages, which some registries do not carry.
  npm_config_dangerously_allow_all_scripts=true npm install --no-save --no-audit --no-fund --loglevel=error
  touch "$stamp"
fi
node_modules/.bin/node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' ||
  { echo "The node package did not bring Node 24. Run: rm -rf node_modules && npm ci" >&2; exit 2; }

if [ ! -x "$cache/tools/bin/uv" ]; then
  echo "Installs uv, which makes Python environments fast"
  mkdir -p "$cache/tools"
  python3 -m venv "$cache/tools/venv"
  "$cache/tools/venv/bin/python" -m pip install -q --disable-pip-version-check uv==0.13.8
  mkdir -p "$cache/tools/bin"
  cp "$cache/tools/venv/bin/uv" "$cache/tools/bin/uv"
fi
