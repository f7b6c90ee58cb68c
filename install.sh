#!/bin/bash
# hearthd: a home smart speaker that runs wholly on its owner's machine.
#
#   ./install.sh demo       try it: a spoken question, a spoken answer (works in .venv of this folder)
#   ./install.sh test       run its tests (the same place); with --fast, in two to three minutes, those that need no models
#   sudo ./install.sh       install it as a service that starts at boot, or upgrade it
#   sudo ./install.sh uninstall    remove the program; what you configured and what it remembers stays
#   sudo ./install.sh purge        remove everything, the configuration and the memory too
#
# Options
#   --dry-run          say what would be done and change nothing (needs no root)
#   --yes              don't ask before installing Debian packages
#   --wheelhouse DIR   take Python packages from DIR instead of the package index (no network)
#   --with-ollama      with the service: settings for Ollama (models stay loaded, loopback only)
#   --with-gpt-sovits  with the service: run the GPT-SoVITS voice server in /opt/gpt-sovits, too
#
# Works on Debian 12 and 13 and Ubuntu 24.04, x86-64 and ARM64. A proxy ($https_proxy) and pip's own
# configuration are respected. Models and downloads are kept in ~/.cache/hearthd and ~/.cache/pip.
set -Eeuo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=systemd/install/common.sh
. "$here/systemd/install/common.sh"
# shellcheck source=systemd/install/packages.sh
. "$here/systemd/install/packages.sh"
# shellcheck source=systemd/install/checkout.sh
. "$here/systemd/install/checkout.sh"
# shellcheck source=systemd/install/release.sh
. "$here/systemd/install/release.sh"
# shellcheck source=systemd/install/service.sh
. "$here/systemd/install/service.sh"

main() {
    local command=""
    while [ $# -gt 0 ]; do
        case $1 in
        demo | test | uninstall | purge)
            [ -z "$command" ] || usage "one command at a time: $command or $1"
            command=$1
            ;;
        --dry-run) dry_run=1 ;;
        --yes | -y) yes=1 ;;
        --with-ollama) with_ollama=1 ;;
        --with-gpt-sovits) with_gpt_sovits=1 ;;
        --fast) fast=1 ;;
        --wheelhouse)
            [ -d "${2:-}" ] || usage "--wheelhouse needs a folder"
            wheelhouse=$(readlink -f "$2")
            shift
            ;;
        --wheelhouse=*)
            [ -d "${1#*=}" ] || usage "--wheelhouse needs a folder"
            wheelhouse=$(readlink -f "${1#*=}")
            ;;
        -h | --help)
            help
            exit 0
            ;;
        *) usage "unknown word: $1 (the commands are demo, test, uninstall, purge; without one: install)" ;;
        esac
        shift
    done
    [ "$fast" = 0 ] || [ "$command" = test ] || usage "--fast goes with: test"
    trap 'failed $? $LINENO' ERR
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM HUP
    case $command in
    demo) demo ;;
    test) tests ;;
    uninstall) uninstall ;;
    purge) purge ;;
    "") install_service ;;
    esac
}

main "$@"
