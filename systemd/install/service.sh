# shellcheck shell=bash
# The service: install and upgrade (the same thing), uninstall, purge.

with_ollama=0
with_gpt_sovits=0
config=/etc/hearthd/hearthd.toml
models="" # /var/cache/hearthd/models, unless /etc/default/hearthd puts them elsewhere
caches=() # where they may be from a demo
ollama_drop_in=/etc/systemd/system/ollama.service.d/hearthd.conf
gpt_sovits=/opt/gpt-sovits
switching=$root/switching # while one release takes over from another: the name of the old one
lock_file=/run/hearthd-install.lock
changed=() # files outside the release that it changed

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
    local systemd
    [ "$(id -u)" = 0 ] || [ "$dry_run" = 1 ] ||
        die "$EX_NOPERM" "only root can install the service: sudo ./install.sh" \
            "To try hearthd without installing it: ./install.sh demo"
    [ -e "$here/pyproject.toml" ] || die "$EX_USAGE" "this is an installed copy; install from a checkout of hearthd."
    if [ -d /run/systemd/system ]; then
        systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        [ "$systemd" -ge 249 ] || problem "systemd 249 or later, not $systemd"
    else
        problem "a running systemd (./install.sh demo works without)"
    fi
    choose_python everybody
    identify_release
    need_disk "$root" "$([ -e "$dependencies/.lock" ] && echo 50 || echo 1500)" "the program"
    [ -e "$models/kokoro" ] || need_disk "$models" 1700 "the models and what they are unpacked from"
    [ "$with_gpt_sovits" = 0 ] || preflight_gpt_sovits
    need_basics "$([ ! -x "$root/current/venv/bin/python" ] || echo "$root/current/venv")" "$models" "${caches[@]}"
    report_problems
}

# The voice server is a checkout with an environment and weights of its own; that is its owner's to bring.
preflight_gpt_sovits() {
    [ -e "$gpt_sovits/api_v2.py" ] ||
        problem "GPT-SoVITS in $gpt_sovits: clone RVC-Boss/GPT-SoVITS there and fetch its pretrained models" \
            "(or install hearthd without --with-gpt-sovits: it speaks with its embedded voices)"
    [ -x "$gpt_sovits/venv/bin/python" ] ||
        problem "GPT-SoVITS's own environment in $gpt_sovits/venv: python3 -m venv $gpt_sovits/venv, and into it" \
            "what its requirements.txt names"
}

install_service() {
    local previous="" home
    umask 022
    step "what this machine has"
    models=$(sed -n 's/^HEARTHD_MODELS="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/default/hearthd 2>/dev/null || true)
    models=${models:-/var/cache/hearthd/models}
    for home in ~root "$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)"; do
        caches+=("$home/.cache/hearthd/models")
    done
    preflight_service
    lock_service
    install_packages everybody
    identify_release # again: Python may have come only now
    note "Python: ${python:-to be installed}; hearthd $version"
    [ ! -e "$root/current" ] || previous=$(readlink -f "$root/current")
    if [ -e "$switching" ]; then
        previous=$(cat "$switching") # interrupted: what runs may be the one before
    elif [ "$previous" = "$release" ] && release_complete && ! system_files_differ; then
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
    change "tell avahi of the Wyoming port, where one is configured" announce
    [ "$dry_run" = 1 ] || show_success
}

lock_service() {
    [ "$dry_run" = 0 ] || return 0
    exec 9>"$lock_file"
    lock "is at work"
}

system_files_differ() {
    local source target
    while read -r source target; do
        cmp -s "$source" "$target" || return 0
    done < <(system_files "$here")
    return 1
}

# Put a release's files where the system looks for them. $1: the release. Status 1 if one cannot be put there.
place_system_files() {
    local source target mode
    while read -r source target; do
        case $target in */bin/*) mode=755 ;; *) mode=644 ;; esac
        cmp -s "$source" "$target" || changed+=("$target")
        install -D -m "$mode" "$source" "$target" || return
    done < <(system_files "$1")
    if [ -e /usr/local/lib/sysusers.d/gpt-sovits.conf ]; then
        systemd-sysusers /usr/local/lib/sysusers.d/gpt-sovits.conf || return
    fi
    journalctl --update-catalog && systemctl daemon-reload
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
    local cache
    step "models (in $models)"
    mkdir -p "$models"
    # the files that the manifest names, by their SHA-256; nothing else of what somebody's home holds
    for cache in "${caches[@]}"; do
        [ ! -d "$cache" ] || [ "$cache" -ef "$models" ] || [ ! -w "$models" ] ||
            HEARTHD_MODELS=$models "$release/venv/bin/hearthd" models pull --from "$cache"
    done
    HEARTHD_MODELS=$models "$release/venv/bin/hearthd" models pull
    [ ! -w "$models" ] || chmod -R a+rX,a-st "$models" # earlier versions copied modes, too
}

try_config() {
    step "the configuration, read by the new version"
    # with the service's folders: the voices that it names are there
    systemd-run --quiet --wait --pipe --collect -p User=hearthd -p StateDirectory=hearthd -p StateDirectoryMode=0750 \
        -E HEARTHD_MODELS="$models" -p EnvironmentFile=-/etc/default/hearthd \
        "$release/venv/bin/hearthd" check --config "$config" </dev/null ||
        die "$EX_CONFIG" "$config has mistakes; nothing was switched. Mend it and run this again."
}

# Home Assistant finds the speaker by avahi, if both are there; else its address is typed in.
announce() {
    local file=/etc/avahi/services/hearthd.service told
    [ -d "$(dirname "$file")" ] || return 0
    told=$("$release/venv/bin/python" -m hearthd.wyoming_server.announcement "$config") || return 0
    if [ -n "$told" ]; then
        printf '%s\n' "$told" >"$file.new" && chmod 644 "$file.new" && mv "$file.new" "$file"
    else
        rm -f "$file"
    fi
}

# start_release RELEASE: what follows a switch, up to a speaker that is ready.
start_release() {
    point_to "$1" && place_system_files "$1" && systemctl enable -q hearthd && systemctl restart hearthd
}

switch_to_release() {
    local previous=$1
    step "starting hearthd $(basename "$release")"
    echo "$previous" >"$switching"
    if start_release "$release"; then
        rm "$switching"
        forget_old_releases "$previous"
        start_companions
        return
    fi
    echo "install.sh: hearthd $(basename "$release") did not become ready. Its last words:" >&2
    journalctl -u hearthd -n 15 --no-pager -o cat >&2
    if [ -z "$previous" ] || [ "$previous" = "$release" ]; then
        die 1 "There is no earlier version to go back to; the service is left as it is: systemctl status hearthd"
    fi
    step "going back to $(basename "$previous")"
    start_release "$previous" || die 1 "$(basename "$previous") does not start either: journalctl -u hearthd"
    rm "$switching"
    die 1 "hearthd $(basename "$previous") runs again, as before."
}

# The voice server and Ollama, where they are wanted. The speaker does without them, so nothing goes back for them.
start_companions() {
    if [ "$with_gpt_sovits" = 1 ]; then
        systemctl enable -q gpt-sovits
        systemctl start gpt-sovits || note "gpt-sovits does not start: journalctl -u gpt-sovits"
    elif has_changed /usr/local/lib/systemd/system/gpt-sovits.service; then
        systemctl try-restart gpt-sovits || note "gpt-sovits does not start: journalctl -u gpt-sovits"
    fi
    if has_changed "$ollama_drop_in"; then
        systemctl cat ollama >/dev/null 2>&1 || note "Ollama is no service here yet; its settings wait in $ollama_drop_in"
        systemctl try-restart ollama 2>/dev/null || note "Ollama does not start: journalctl -u ollama"
    fi
}

# No pipe into "grep -q": it ends at the first match, and what writes to it then fails the pipeline now and then.
has_changed() {
    local file
    for file in "${changed[@]}"; do
        [ "$file" != "$1" ] || return 0
    done
    return 1
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
    lock_service
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
        "$ollama_drop_in" /etc/avahi/services/hearthd.service
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
    rm -f "$lock_file"
}
