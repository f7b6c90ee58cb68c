# shellcheck shell=bash
# What every command of install.sh needs: talking, doing or only saying so, the list of what is missing.
# Exit statuses are those of sysexits.h: 64 usage, 69 unavailable, 75 try later, 77 no permission, 78 configuration.

EX_USAGE=64
EX_UNAVAILABLE=69
EX_TEMPFAIL=75
EX_NOPERM=77
EX_CONFIG=78

dry_run=0
yes=0
fast=0
wheelhouse=""
doing=""      # the change in progress, for when it fails
mend=""       # what helps then
unfinished="" # a folder that is of use to nobody until it is complete
problems=()   # what stands in the way and no package mends

# Python reads the paths of an environment in the locale's encoding: in ASCII a folder called 火炉 ends it
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
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
    printf 'install.sh: could not %s (status %s of: %s)\n' "${doing:-go on, line $2}" "$1" "${BASH_COMMAND%%$'\n'*}" >&2
    [ -z "$mend" ] || printf 'install.sh: %s\n' "$mend" >&2
    [ -z "$unfinished" ] || rm -rf "$unfinished" # a full disk gets its room back
    exit 1
}
interrupted() {
    trap - INT TERM HUP
    printf '\ninstall.sh: interrupted%s; run the same command again.\n' "${doing:+ (it was to $doing)}" >&2
    [ -z "$unfinished" ] || rm -rf "$unfinished"
    exit "$1"
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

# quietly COMMAND...: where nobody watches, its words are only shown if it fails.
quietly() {
    local said status=0
    if [ -t 1 ]; then
        "$@"
        return
    fi
    said=$("$@" 2>&1) || status=$?
    [ "$status" = 0 ] || printf '%s\n' "$said" >&2
    return "$status"
}

problem() { problems+=("$*"); }

# Stop if something stands in the way: all of it at once, before anything is changed.
report_problems() {
    [ ${#problems[@]} = 0 ] || die "$EX_UNAVAILABLE" "this stands in the way:" "${problems[@]/#/  - }"
}

# need_disk FOLDER MB WHAT FOR: so much must be free, and the folder's disk writable.
need_disk() {
    local folder=$1 megabytes=$2 free
    shift 2
    while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
    free=$(df -k --output=avail "$folder" | tail -n 1)
    [ "$free" -ge $((megabytes * 1000)) ] ||
        problem "$megabytes MB of free disk in $folder for $* (there are $((free / 1000)) MB)"
    case ,$(findmnt -no OPTIONS -T "$folder" || true), in
    *,ro,*) problem "a disk that can be written for $* ($folder is mounted read-only)" ;;
    esac
}

# lock WHERE: one install.sh at a time. Descriptor 9 is open on what they share.
lock() {
    flock -n 9 || die "$EX_TEMPFAIL" "another install.sh $1. Wait until it has ended."
}

# fill_environment DIR LOCK: bring the environment DIR to what LOCK says; nothing to do if it was done before.
fill_environment() {
    local environment=$1 lock=$2 want have pip
    want=$(cat "$here/requirements-build.lock" "$lock" | sha256sum | cut -c1-64)
    have=$(cat "$environment/.lock" 2>/dev/null || true)
    if [ "$have" = "$want" ]; then
        note "Python packages: as locked"
        return
    fi
    mend="Is the package index reachable? Behind a proxy: https_proxy=...; without a network: --wheelhouse DIR"
    rm -f "$environment/.lock"
    # without a stamp it was interrupted: pip takes a package for whole whose files are not all there
    { [ -n "$have" ] && right_version "$environment/bin/python"; } || quietly "$python" -m venv --clear "$environment"
    "$environment/bin/python" -m pip --version >/dev/null 2>&1 || "$environment/bin/python" -m ensurepip -q
    pip=("$environment/bin/python" -m pip --disable-pip-version-check --no-input)
    # the lock holds the whole closure, resolved for these Pythons: nothing else is fetched, nothing unhashed
    # and most of it is never imported: what is, Python compiles then
    local from=(--require-hashes --no-deps --no-build-isolation --ignore-requires-python --no-compile)
    [ -t 1 ] || from+=(--quiet)
    [ -z "$wheelhouse" ] || from+=(--no-index --find-links "$wheelhouse")
    "${pip[@]}" install "${from[@]}" -r "$here/requirements-build.lock"
    "${pip[@]}" install "${from[@]}" -r "$lock"
    echo "$want" >"$environment/.lock"
    mend=""
}
