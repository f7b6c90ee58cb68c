#!/bin/sh
# Enter namespaces of our own, in a cgroup of our own, and become the box's first process.
# $1: the box's folder. $2: the name of its cgroup.
set -e
mkdir "$1/cgroup"
mount -t cgroup2 none "$1/cgroup"
mkdir "$1/cgroup/$2"
echo $$ >"$1/cgroup/$2/cgroup.procs"
umount "$1/cgroup"
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child=SIGKILL --propagation private \
    sh "$(dirname "$0")/init.sh" "$1"
