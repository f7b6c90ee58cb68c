#!/bin/sh
# hearthd, as installed: with the service's models, and for root with its memory and its rights
HEARTHD_MODELS=${HEARTHD_MODELS:-/var/cache/hearthd/models}
export HEARTHD_MODELS
program=/opt/hearthd/current/venv/bin/hearthd
if [ "$(id -u)" = 0 ] && [ "${1:-}" != models ]; then
    # as root its files would end up root's, and the service could not write them any more
    exec setpriv --reuid=hearthd --regid=hearthd --init-groups \
        env HOME=/var/lib/hearthd STATE_DIRECTORY=/var/lib/hearthd "$program" "$@"
fi
exec "$program" "$@"
