# shellcheck shell=bash
# The service: install and upgrade (the same thing), uninstall, purge.

with_ollama=0
with_gpt_sovits=0
config=/etc/hearthd/hearthd.toml
models=/var/cache/hearthd/models # unless /etc/default/hearthd puts them elsewhere
ollama_drop_in=/etc/systemd/system/ollama.service.d/hearthd.conf
gpt_sovits=/opt/gpt-sovits

# system_files RELEASE: "SOURCE TARGET" of each file that the release puts outside its folder.
system_files() {
    local units=/usr/local/lib/systemd/system users=/usr/local/lib/sysusers.d
    echo "$1/systemd/hearthd.service $units/hearthd.service"
    echo "$1/systemd/hearthd.sysusers $users/hearthd.conf"
    echo "$1/systemd/hearthd.catalog /usr/local/lib/systemd/catalog/hearthd.catalog"
    echo "$1/systemd/hearthd.command /usr/local/bin/hearthd"
    if [ -e /proc/driver/nvidia ]; then
        echo "$1/systemd/hearthd.modules-load /etc/modules-load.d/hearthd.conf"
    fi
    if [ "$with_ollama" = 1 ] || [ -e "$ollama_drop_in" ]; then
        echo "$1/systemd/ollama.conf $ollama_drop_in"
    fi
    if [ "$with_gpt_sovits" = 1 ] || [ -e "$units/gpt-sovits.service" ]; then
        echo "$1/systemd/gpt-sovits.service $units/gpt-sovits.service"
        echo "$1/systemd/gpt-sovits.sysusers $users/gpt-sovits.conf"
    fi
}

preflight_service() {
    local free systemd
    [ "$(id -u)" = 0 ] || [ "$dry_run" = 1 ] ||
        die "$EX_NOPERM" "only root can install the service: sudo ./install.sh" \
            "To try hearthd without installing it: ./install.sh demo"
    [ -e "$here/pyproject.toml" ] || die "$EX_USAGE" "this is an installed copy; install from a checkout of hearthd."
    case $(uname -m) in x86_64 | aarch64) ;; *) problem "a 64-bit Intel, AMD or ARM machine, not $(uname -m)" ;; esac
    if [ -d /run/systemd/system ]; then
        systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        [ "$systemd" -ge 249 ] || problem "systemd 249 or later, not $systemd"
    else
        problem "a running systemd (./install.sh demo works without)"
    fi
    if [ ! -e "$root/current" ]; then
        free=$(df -k --output=avail /opt | tail -n 1)
        [ "$free" -ge 2500000 ] || problem "2.5 GB of free disk for /opt (there are $((free / 1000)) MB)"
        free=$(df -k --output=avail /var | tail -n 1)
        [ -e "$models" ] || [ "$free" -ge 2500000 ] ||
            problem "2.5 GB of free disk for /var (there are $((free / 1000)) MB)"
    fi
    if [ "$with_gpt_sovits" = 1 ] && { [ ! -e $gpt_sovits/api_v2.py ] || [ ! -x $gpt_sovits/venv/bin/python ]; }; then
        problem "a checkout of GPT-SoVITS with its weights in $gpt_sovits, and its environment in $gpt_sovits/venv"
    fi
    choose_python everybody
    need_basics "$([ ! -x "$root/current/venv/bin/python" ] || echo "$root/current/venv")"
    report_problems
}

install_service() {
    local elsewhere previous=""
    umask 022
    step "what this machine has"
    preflight_service
    if [ "$dry_run" = 0 ]; then
        exec 9>/run/lock/hearthd-install.lock
        flock -n 9 || die "$EX_TEMPFAIL" "another install.sh is at work."
    fi
    install_packages
    identify_release
    elsewhere=$(sed -n 's/^HEARTHD_MODELS=//p' /etc/default/hearthd 2>/dev/null || true)
    models=${elsewhere:-$models}
    note "Python: $python ($("$python" --version)); hearthd $version"
    [ ! -e "$root/current" ] || previous=$(readlink -f "$root/current")
    if [ "$previous" = "$release" ] && release_complete && ! system_files_differ; then
        if systemctl is-active -q hearthd; then
            step "nothing to do: hearthd $(basename "$release") is installed and running"
            return
        fi
    fi
    change "build release $(basename "$release") in $root" build_release
    change "make the user hearthd" systemd-sysusers "$here/systemd/hearthd.sysusers"
    change "bring $config in place, or beside it" place_config "$previous"
    change "pull the models into $models" pull_models
    change "try the configuration with the new version" try_config
    change "switch to it and wait until the speaker is ready (or go back)" switch_to_release "$previous"
    [ "$dry_run" = 1 ] || show_success
}

system_files_differ() {
    local source target
    while read -r source target; do
        cmp -s "$source" "$target" || return 0
    done < <(system_files "$here")
    return 1
}

# Put a release's files where the system looks for them. $1: the release.
place_system_files() {
    local source target
    while read -r source target; do
        mkdir -p "$(dirname "$target")"
        if [ "$target" = /usr/local/bin/hearthd ]; then
            install -m 755 "$source" "$target"
        else
            install -m 644 "$source" "$target"
        fi
    done < <(system_files "$1")
    [ ! -e /usr/local/lib/sysusers.d/gpt-sovits.conf ] || systemd-sysusers /usr/local/lib/sysusers.d/gpt-sovits.conf
    journalctl --update-catalog
    systemctl daemon-reload
}

# The owner's configuration is never touched: a new default that differs lands beside it.
place_config() {
    local previous=$1 ours=$release/config/hearthd.toml
    install -d -m 755 "$(dirname "$config")"
    install -d -m 750 -g hearthd "$(dirname "$config")/secrets"
    if [ ! -e "$config" ]; then
        install -m 644 "$ours" "$config"
    elif cmp -s "$ours" "$config"; then
        rm -f "$config.new"
    elif [ -z "$previous" ] || ! cmp -s "$ours" "$previous/config/hearthd.toml"; then
        install -m 644 "$ours" "$config.new"
        note "your $config stays; this version's defaults are in $config.new"
    fi
}

pull_models() {
    local home
    step "models (in $models)"
    mkdir -p "$models"
    for home in ~root "$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)"; do
        [ ! -d "$home/.cache/hearthd/models" ] || cp -rn "$home/.cache/hearthd/models/." "$models/"
    done
    HEARTHD_MODELS=$models "$release/venv/bin/hearthd" models pull
    [ ! -w "$models" ] || chmod -R a+rX "$models"
}

try_config() {
    step "the configuration, read by the new version"
    systemd-run --quiet --wait --pipe --collect -p User=hearthd -p EnvironmentFile=-/etc/default/hearthd \
        "$release/venv/bin/hearthd" check --config "$config" </dev/null ||
        die "$EX_CONFIG" "$config has mistakes; nothing was switched. Mend it and run this again."
}

switch_to_release() {
    local previous=$1
    step "starting hearthd $(basename "$release")"
    point_to "$release"
    place_system_files "$release"
    systemctl enable -q hearthd
    [ "$with_gpt_sovits" = 0 ] || systemctl enable -q --now gpt-sovits
    if [ "$with_ollama" = 1 ] && systemctl is-active -q ollama; then systemctl try-restart ollama; fi
    if systemctl restart hearthd; then
        forget_old_releases "$previous"
        return
    fi
    echo "install.sh: hearthd $(basename "$release") did not become ready. Its last words:" >&2
    journalctl -u hearthd -n 15 --no-pager -o cat >&2
    if [ -z "$previous" ] || [ "$previous" = "$release" ]; then
        die 1 "There is no earlier version to go back to; the service is left as it is: systemctl status hearthd"
    fi
    step "going back to $(basename "$previous")"
    point_to "$previous"
    place_system_files "$previous"
    systemctl restart hearthd || die 1 "$(basename "$previous") does not start either: journalctl -u hearthd"
    die 1 "hearthd $(basename "$previous") runs again, as before."
}

show_success() {
    step "hearthd $(basename "$release") is running, and starts at boot"
    note "state       systemctl status hearthd"
    note "log         journalctl -u hearthd -f"
    note "settings    $config, then: systemctl reload hearthd"
    note "remove      $root/current/install.sh uninstall"
}

need_root() {
    [ "$(id -u)" = 0 ] || [ "$dry_run" = 1 ] || die "$EX_NOPERM" "only root can remove the service."
    if [ "$dry_run" = 0 ]; then
        exec 9>/run/lock/hearthd-install.lock
        flock -n 9 || die "$EX_TEMPFAIL" "another install.sh is at work."
    fi
}

uninstall() {
    need_root
    step "removing the program"
    change "stop and disable hearthd and gpt-sovits" stop_services
    change "remove $root and the units" remove_program
    [ "${1:-}" = all ] || note "kept: /etc/hearthd, /var/lib/hearthd, /var/cache/hearthd (./install.sh purge removes them)"
}

stop_services() {
    local unit
    for unit in hearthd gpt-sovits; do
        [ ! -e /usr/local/lib/systemd/system/$unit.service ] || systemctl disable -q --now $unit
    done
}

remove_program() {
    local target
    rm -f /usr/local/lib/systemd/system/{hearthd,gpt-sovits}.service /usr/local/lib/sysusers.d/{hearthd,gpt-sovits}.conf \
        /usr/local/lib/systemd/catalog/hearthd.catalog /usr/local/bin/hearthd /etc/modules-load.d/hearthd.conf \
        "$ollama_drop_in"
    for target in /usr/local/lib/systemd/catalog /usr/local/lib/systemd/system /usr/local/lib/systemd \
        /usr/local/lib/sysusers.d "$(dirname "$ollama_drop_in")"; do
        rmdir --ignore-fail-on-non-empty "$target" 2>/dev/null || true
    done
    journalctl --update-catalog
    systemctl daemon-reload
    systemctl reset-failed hearthd gpt-sovits 2>/dev/null || true
    rm -rf "$root"
}

purge() {
    local answer
    if [ "$yes" = 0 ] && [ "$dry_run" = 0 ] && [ -t 0 ]; then
        read -r -p "This also removes the configuration and everything the speaker remembers. Go on? [y/N] " answer
        case $answer in [Yy]*) ;; *) die "$EX_USAGE" "nothing was removed." ;; esac
    fi
    uninstall all
    change "remove /etc/hearthd, /var/lib/hearthd, /var/cache/hearthd and the users" remove_data
}

remove_data() {
    local user
    rm -rf /etc/hearthd /etc/default/hearthd
    for user in hearthd gpt-sovits; do
        rm -rf "/var/lib/$user" "/var/cache/$user" "/run/$user"
        ! getent passwd $user >/dev/null || userdel $user
        ! getent group $user >/dev/null || groupdel $user
    done
    rm -f /run/lock/hearthd-install.lock
}
