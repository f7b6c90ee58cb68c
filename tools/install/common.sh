# shellcheck shell=bash
# What every command of install.sh needs: talking, the list of what is missing, Python, Debian packages.
# Exit statuses are those of sysexits.h: 64 usage, 69 unavailable, 75 try later, 77 no permission, 78 configuration.

EX_USAGE=64
EX_UNAVAILABLE=69
EX_TEMPFAIL=75
EX_NOPERM=77
EX_CONFIG=78

dry_run=0
yes=0
wheelhouse=""
python=""
doing="" # the change in progress, for when it fails
packages=() # Debian packages to install
problems=() # what stands in the way and no package mends

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '    %s\n' "$*"; }
die() {
    local status=$1
    shift
    printf 'install.sh: %s\n' "$@" >&2
    exit "$status"
}
help() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$here/install.sh"; }
usage() { die "$EX_USAGE" "$1" "./install.sh --help tells what there is."; }
failed() {
    printf 'install.sh: could not %s (status %s of: %s)\n' "${doing:-go on, line $2}" "$1" "$BASH_COMMAND" >&2
    exit 1
}

# change WHAT COMMAND...: do it, or with --dry-run say that it would be done.
change() {
    doing=$1
    shift
    if [ "$dry_run" = 1 ]; then
        note "would $doing"
    else
        "$@"
    fi
    doing=""
}

problem() { problems+=("$*"); }

# need PACKAGE COMMAND...: PACKAGE is to be installed unless COMMAND succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p | grep -q "$1"; }
has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

right_version() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_headers() {
    "$1" -c 'import os, sysconfig as s; raise SystemExit(not os.path.exists(s.get_path("include") + "/Python.h"))'
}

# Everybody may run the file $1: each folder above its real place can be entered by others.
reachable_by_all() {
    local path
    path=$(readlink -f "$1")
    while [ "$path" != / ]; do
        [ $((0$(stat -c %a "$path") & 1)) = 1 ] || return 1
        path=$(dirname "$path")
    done
}

# Choose $python: 3.11 to 3.13, one that can make environments if there is one. With "everybody", only one
# that the service's user can run (not one below a home folder).
choose_python() {
    local candidate path version second=""
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3 /usr/local/bin/python3 \
        /usr/bin/python3.1[123] /usr/local/bin/python3.1[123]; do
        path=$(command -v "$candidate") || continue
        right_version "$path" || continue
        [ "${1:-}" != everybody ] || reachable_by_all "$path" || continue
        if can_make_venv "$path"; then
            python=$path
            return
        fi
        second=${second:-$path}
    done
    [ -n "$second" ] || {
        problem "Python 3.11, 3.12 or 3.13${1:+ that every user can run} (apt-get install python3)"
        return
    }
    python=$second
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages+=("python$version-venv")
}

# Packages without which hearthd cannot be installed or run. $1: the environment, "" if none is there.
need_basics() {
    local version
    need libportaudio2 has_library libportaudio.so.2
    need libasound2-plugins has_package libasound2-plugins
    need libspeexdsp1 has_library libspeexdsp.so.1
    need npm command -v npm # the Chinese voices are an npm package
    [ -n "$python" ] || return 0
    if [ -z "$1" ] || ! "$1/bin/python" -c 'import systemd.daemon' 2>/dev/null; then # built from source
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        need gcc command -v gcc
        need pkg-config command -v pkg-config
        need libsystemd-dev has_package libsystemd-dev
        need "python$version-dev" has_headers "$python"
    fi
}

# Stop if something stands in the way: all of it at once, before anything is changed.
report_problems() {
    [ ${#problems[@]} = 0 ] || die "$EX_UNAVAILABLE" "this stands in the way:" "${problems[@]/#/  - }"
}

# Install $packages: as root, or through sudo; asked first where somebody can answer.
install_packages() {
    [ ${#packages[@]} -gt 0 ] || return 0
    local answer as_root=()
    step "Debian packages needed: ${packages[*]}"
    [ "$dry_run" = 0 ] || {
        note "would install them"
        return
    }
    command -v apt-get >/dev/null ||
        die "$EX_UNAVAILABLE" "this is no Debian; install by hand what those packages hold, then run this again."
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            die "$EX_NOPERM" "these packages are missing and only root can install them. Run, as root:" \
                "  apt-get install ${packages[*]}"
        fi
    fi
    if [ "$yes" = 0 ] && [ -t 0 ]; then
        read -r -p "    install them? [Y/n] " answer
        case $answer in "" | [Yy]*) ;; *) die "$EX_UNAVAILABLE" "nothing was installed." ;; esac
    fi
    "${as_root[@]}" apt-get update -qq || note "apt-get update failed; trying with what is known"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${packages[@]}" </dev/null
    packages=()
}

# fill_environment DIR LOCK: bring the environment DIR to what LOCK says; nothing to do if it was done before.
fill_environment() {
    local environment=$1 lock=$2 want pip
    want=$(cat "$here/requirements-build.lock" "$lock" | sha256sum | cut -c1-64)
    if [ "$(cat "$environment/.lock" 2>/dev/null)" = "$want" ]; then
        note "Python packages: as locked"
        return
    fi
    rm -f "$environment/.lock"
    right_version "$environment/bin/python" || "$python" -m venv --clear "$environment"
    "$environment/bin/python" -m pip --version >/dev/null 2>&1 || "$environment/bin/python" -m ensurepip -q
    pip=("$environment/bin/python" -m pip --disable-pip-version-check --no-input)
    # the lock holds the whole closure, resolved for these Pythons: nothing else is fetched, nothing unhashed
    local from=(--require-hashes --no-deps --no-build-isolation --ignore-requires-python)
    [ -t 1 ] || from+=(--progress-bar off)
    [ -z "$wheelhouse" ] || from+=(--no-index --find-links "$wheelhouse")
    "${pip[@]}" install "${from[@]}" -r "$here/requirements-build.lock"
    "${pip[@]}" install "${from[@]}" -r "$lock"
    echo "$want" >"$environment/.lock"
}
