#!/usr/bin/env bash
# Brings the scanners that `unprompted scan` runs, at pinned versions, into our cache: Bandit, Semgrep and pip-audit by uv,
# Nuclei by Go where there is one (minutes, once). Safe to run again. What cannot be had is said, and is no error:
# a scanner that is not installed shows as `not run`.
set -uo pipefail
cd "$(dirname "$0")/.."
cache=${UNPROMPTED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/unprompted}
bin="$cache/tools/bin"
export PATH="$bin:$PATH" UV_TOOL_DIR="$cache/tools/uv-tools" UV_TOOL_BIN_DIR="$bin"

by_uv() { # command, package==version, further options
  [ -x "$bin/$1" ] && return
  echo "Installs $2"
  uv tool install -q "${@:2}" || echo "$1 could not be installed; it will show as not run" >&2
}

command -v uv >/dev/null 2>&1 || { echo "uv is missing: make setup brings it" >&2; exit 2; }
by_uv bandit bandit==1.9.4 --with 'bandit[sarif]==1.9.4'
by_uv semgrep semgrep==1.180.0
by_uv pip-audit pip-audit==2.10.1

if [ ! -x "$bin/nuclei" ]; then
  if command -v go >/dev/null 2>&1; then
    echo "Builds Nuclei 3.4.10 (minutes, once)"
    (cd scripts/nuclei && GOFLAGS=-mod=readonly nice go build -trimpath -ldflags='-s -w' -o "$bin/nuclei" github.com/projectdiscovery/nuclei/v3/cmd/nuclei) ||
      echo "Nuclei could not be built; it will show as not run" >&2
  else
    echo "Go is not installed, so Nuclei cannot be built; it will show as not run" >&2
  fi
fi
