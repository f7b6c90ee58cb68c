#!/bin/sh
# The first process of a box: build its file system over this machine's own, then become systemd.
# $1: the box's folder; $1/binds: "FROM TO" a line, shown read-only; $1/size: limit of what it may write.
set -e
root=$1/root
mkdir "$1/layer" "$root"
mount -t tmpfs -o "size=$(cat "$1/size"),mode=755" box "$1/layer"
mkdir -m 755 "$1/layer/upper" "$1/layer/work"
mount -t overlay -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" box "$root"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for part in sys sysrq-trigger irq bus; do # these are the machine's, not the box's
    [ -e "$root/proc/$part" ] || continue
    mount --bind "$root/proc/$part" "$root/proc/$part"
    mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/$part"
done
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw,nosuid,nodev,noexec "$root/proc/sys/net"
mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"

mount -t tmpfs -o nosuid,mode=755,size=4m dev "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
for node in null zero full random urandom tty; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o nosuid,nodev,mode=1777 shm "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,mode=755,size=256m run "$root/run"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmp "$root/tmp"
while read -r from to; do
    if [ -d "$from" ]; then mkdir -p "$root$to"; else mkdir -p "$(dirname "$root$to")" && : >>"$root$to"; fi
    mount --bind "$from" "$root$to"
    mount -o remount,bind,ro "$root$to"
done <"$1/binds"

rm -f "$root/.dockerenv" "$root/etc/machine-id" "$root/etc/hostname"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
echo box >"$root/etc/hostname"
: >"$root/etc/fstab"
rm -rf "$root/var/log/journal"
mkdir -p "$root/etc/systemd/system" "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n' \
    >"$root/etc/systemd/journald.conf.d/box.conf"
for unit in systemd-udevd systemd-udev-trigger systemd-timesyncd systemd-networkd systemd-resolved systemd-logind \
    systemd-remount-fs systemd-firstboot systemd-sysctl systemd-binfmt systemd-modules-load systemd-random-seed \
    console-getty e2scrub_reap postgresql mosquitto pulseaudio; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
for unit in getty.target apt-daily.timer apt-daily-upgrade.timer fstrim.timer dev-hugepages.mount \
    proc-sys-fs-binfmt_misc.automount sys-kernel-debug.mount sys-kernel-tracing.mount; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ip link set lo up 2>/dev/null || :

cd "$root"
mkdir -p .old
pivot_root . .old
# shellcheck disable=SC2016  # the inner shell's own words
exec chroot . /bin/sh -c 'umount -l /.old && rmdir /.old
    mount --make-rshared /
    hostname box 2>/dev/null
    exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-syslog,-wake_alarm,-mac_admin,-mac_override \
        env -i container=box PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=journal'
