#!/bin/sh
# hearthd, as installed: for root with the service's memory, models and rights, for others with their own.
program=/opt/hearthd/current/venv/bin/hearthd

# the service's environment holds for its commands, too; what the caller set goes before it
if [ -r /etc/default/hearthd ]; then
    while IFS='=' read -r name value; do
        case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;; esac
        case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
        printenv "$name" >/dev/null || export "$name=$value"
    done </etc/default/hearthd
fi
export HEARTHD_MODELS="${HEARTHD_MODELS:-/var/cache/hearthd/models}"

if [ "$(id -u)" != 0 ]; then
    case ${1:-} in
    voices | history | knowledge | report)
        echo "hearthd: this is about your own files; what the service has, tells: sudo hearthd $1" >&2
        ;;
    esac
    exec "$program" "$@"
fi
[ "${1:-}" != models ] || exec "$program" "$@" # the models are root's

caps="" running=""
case "${1:-} ${2:-}" in
"voices add" | "personas train" | rehearse*) # root's own recording may lie where the service cannot read
    caps="--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
    ;;
esac
units=""
case "${1:-} ${2:-}" in
"voices train" | "personas train") units="hearthd gpt-sovits" ;; # they need the GPU
"voices record") units=hearthd ;;                                # it needs the microphone
esac
case " $* " in
*" --stop-speaker "*) # only root can stop the speaker, and start it again
    running=$(for unit in $units; do ! systemctl -q is-active "$unit" || echo "$unit"; done)
    ;;
esac

# as root its files would end up root's, and the service could not write them any more
# shellcheck disable=SC2086  # several words each, or none
set -- setpriv --reuid=hearthd --regid=hearthd --init-groups $caps \
    env HOME=/var/lib/hearthd STATE_DIRECTORY=/var/lib/hearthd "$program" "$@"
[ -n "$running" ] || exec "$@"
# shellcheck disable=SC2086  # one or two words
start_again() { systemctl start $running; }
trap start_again EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# shellcheck disable=SC2086
systemctl stop $running
"$@"
