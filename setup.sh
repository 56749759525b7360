#!/usr/bin/env bash
# Sets mp3tomidi up in .venv, as far as it is not yet, and runs a command there.
#
#   ./setup.sh                                                      set up only
#   ./setup.sh mp3tomidi examples/song.mp3 -o song.mid --overwrite  set up and transcribe
#   ./setup.sh test                                                 set up, system programs too, run all checks and tests
#
# PYTHON=python3.13 ./setup.sh … chooses the Python (3.11 or later). Torch comes with "test" only; one that .venv holds
# already is kept.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$here/.venv
stamp=$venv/mp3tomidi-extras # says which extras are installed, and by its date since when
tested_torch=2.13.0
tested_typescript=5.9.3

say() { printf '== %s\n' "$*" >&2; }
fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

install_packages() { # of Debian and its relatives
    command -v apt-get >/dev/null || fail "please install what these Debian packages hold: $*"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "as root, please: apt-get install $*"
        as_root=(sudo)
    fi
    say "installing $*"
    "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" </dev/null | show_progress
}

install_programs() { # what the tests need beside Python
    local missing=() program
    for program in fluidsynth sox ffmpeg flite espeak-ng; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    { ldconfig -p 2>/dev/null || true; } | grep -q 'libopenmpt\.so' || missing+=(libopenmpt0)
    { sox --help 2>/dev/null || true; } | grep -qw mp3 || missing+=(libsox-fmt-mp3)
    command -v chromedriver >/dev/null || missing+=(chromium chromium-driver) # a browser, for the tests of the page
    command -v npx >/dev/null || missing+=(nodejs npm) # for tsc, which checks the types of the page
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    if ! python=$(find_python); then
        [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python of version 3.11 or later"
        install_packages python3
        python=$(find_python) || fail "no Python of version 3.11 or later; install one and name it: PYTHON=… ./setup.sh"
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then # Debian ships them apart
        install_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "making the virtual environment $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

install_compiler() { # pyworld, of the extra "sung", comes as source only
    "$venv/bin/python" -c 'import pyworld' 2>/dev/null && return
    local missing=() headers version
    read -r headers version < <("$venv/bin/python" -c 'import sys, sysconfig
print(sysconfig.get_path("include"), "%d.%d" % sys.version_info[:2])')
    command -v c++ >/dev/null || missing+=(g++)
    [ -e "$headers/Python.h" ] || missing+=("python$version-dev")
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

show_progress() { # of pip or apt-get: a line for each package, and what they warn of
    local line
    while IFS= read -r line; do
        case $line in
            "Collecting "*) printf '   %s\n' "${line%% (from*}" ;;
            *"Downloading "*"MB)"*) printf '   %s\n' "${line#"${line%%[! ]*}"}" ;;
            *"Building wheel for "*started*) printf '   building %s\n' "$(cut -d ' ' -f 6 <<<"$line")" ;;
            "Installing collected packages: "*) printf '   installing %s packages\n' "$(wc -w <<<"${line#*: }")" ;;
            "Setting up "*) printf '   installed %s\n' "$(cut -d ' ' -f 3 <<<"$line")" ;;
            WARNING* | ERROR*) printf '%s\n' "$line" ;;
        esac
    done >&2
}

pip_install() {
    PYTHONUNBUFFERED=1 "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off "$@" \
        </dev/null | show_progress
}

is_installed() { # $1: extras
    [ -f "$stamp" ] || return 1
    case "$(cat "$stamp")" in dev | "$1") ;; *) return 1 ;; esac
    local newer
    newer=$(cd "$here" && find pyproject.toml __init__.py transcribe augment train serve \
        -name __pycache__ -prune -o -newer "$stamp" -print -quit)
    [ -z "$newer" ]
}

install_project() { # $1: extras
    { is_recent "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; } || make_venv
    is_installed "$1" && return
    local extras=$1
    [ "$(cat "$stamp" 2>/dev/null)" != dev ] || extras=dev
    [ "$extras" != dev ] || install_compiler
    say "installing the Python packages into $venv"
    if [ "$extras" = dev ] && ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
        pip_install "torch==$tested_torch" || say "no torch $tested_torch for this Python; taking the newest there is"
    fi
    rm -rf "$here/build" # files deleted since would be installed again from there
    pip_install "$here[$extras]"
    echo "$extras" >"$stamp"
}

run_checks() { # all of them, whatever fails; pytest's closing line stands last
    local failed=0
    cd "$here"
    PATH=$venv/bin:$PATH
    say "ruff"
    ruff check . || failed=1
    ruff format --check . || failed=1
    say "mypy, the first time for a minute"
    mypy -p mp3tomidi || failed=1
    say "import-linter"
    lint-imports --no-cache || failed=1
    say "tsc, which npx fetches the first time"
    npx --yes --package "typescript@$tested_typescript" tsc -p serve </dev/null || failed=1
    say "mkdocs, which builds the guides"
    local site
    site=$(mktemp -d)
    NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --site-dir "$site" || failed=1
    rm -rf "$site"
    say "pytest, for minutes"
    # A process for each core, one thread each: the files of tests are independent, and few tests gain from more.
    OMP_NUM_THREADS=1 pytest -n auto --maxprocesses 4 --dist loadfile </dev/null || failed=1
    return $failed
}

case ${1:-} in
    "") install_project video ;;
    test)
        install_programs
        install_project dev
        run_checks
        ;;
    *)
        install_project video
        command=$1
        shift
        [ -x "$venv/bin/$command" ] || fail "$command is no command of $venv/bin; try mp3tomidi"
        exec "$venv/bin/$command" "$@"
        ;;
esac
