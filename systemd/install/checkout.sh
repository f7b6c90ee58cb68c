# shellcheck shell=bash
# demo and test: everything in .venv of this folder, nothing outside it but caches.

venv=$here/.venv

# prepare LOCK [without models]: the environment and the models.
prepare() {
    local lock=$1 models=${HEARTHD_MODELS:-$(cache)/models}
    [ $# = 1 ] || models=""
    exec 9<"$here"
    lock "works in this folder"
    choose_python
    if [ -e "$venv" ]; then
        [ -w "$venv" ] || problem "an .venv that is yours: it belongs to $(stat -c %U "$venv") (sudo rm -r $venv)"
    else
        need_disk "$here" 1500 "$venv"
        [ -w "$here" ] || [ "$dry_run" = 1 ] || problem "a folder that you may write ($here is not yours)"
    fi
    [ -z "$models" ] || [ -e "$models" ] || need_disk "$models" 1700 "the models and what they are unpacked from"
    need_basics "$([ ! -x "$venv/bin/python" ] || echo "$venv")" ${models:+"$models"}
    report_problems
    install_packages
    step "Python environment .venv"
    change "fill $venv from $(basename "$lock")" fill_environment "$venv" "$lock"
    change "put hearthd itself into it" install_editable
    [ -n "$models" ] || return 0
    step "models (once; kept in $models)"
    change "pull the starter set" "$venv/bin/hearthd" models pull
}

cache() { echo ~/.cache/hearthd; }

install_editable() {
    local stamp
    stamp=$(cat "$here/pyproject.toml" "$here/daemon/hearthd/__init__.py" "$venv/.lock" | sha256sum | cut -c1-64)
    [ "$(cat "$venv/.editable" 2>/dev/null)" != "$stamp" ] || return 0
    # from within: pip takes brackets in a path for the names of extras
    (cd "$here" && "$venv/bin/python" -m pip install --disable-pip-version-check -q \
        --no-deps --no-build-isolation --no-index --editable .)
    echo "$stamp" >"$venv/.editable"
}

demo() {
    prepare "$here/requirements.lock"
    export HEARTHD_CHAT__ENGINE=embedded HEARTHD_VOICE__ENGINE=embedded HEARTHD_MEMORY__KEEP=false
    rehearse hearthd-demo-en.wav "Hey Jarvis, what is the capital of France?"
    rehearse hearthd-demo-zh.wav "Hey Jarvis, 法国的首都是哪里？"
}

# rehearse FILE QUESTION: ask it, write the answer to FILE and play it.
rehearse() {
    local file=$here/$1
    step "asking: $2"
    [ "$dry_run" = 0 ] || {
        note "would rehearse it and write the answer to $file"
        return
    }
    doing="rehearse it"
    "$venv/bin/hearthd" rehearse --config "$here/config/hearthd.toml" --say "$2" --out "$file" </dev/null
    doing=""
    note "wrote the answer to $file"
    if "$venv/bin/python" "$here/systemd/install/play.py" "$file"; then
        note "and played it"
    fi
}

tests() {
    # The tests start hundreds of Pythons. Where none may keep what it compiled, each compiles all it imports:
    # 104 s of processor time instead of 77 s for the fast tests.
    unset PYTHONDONTWRITEBYTECODE
    if [ "$fast" = 1 ]; then
        prepare "$here/requirements-dev.lock" without models
        step "tests that need no models, no servers and no root (without --fast: all)"
        # From 3.12 on Python itself tells which lines were run: the tests of text take 13 s of processor time,
        # 17 s so, 32 s with a tracer.
        "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null &&
            export COVERAGE_CORE=sysmon
        change "run pytest" run_pytest --fast "${beside_each_other[@]}" --cov=hearthd
        return
    fi
    # what only some tests need: without root they are skipped, and say so
    add_for_tests pulseaudio pulseaudio-utils mosquitto shellcheck
    prepare "$here/requirements-dev.lock"
    change "pull the small chat model that only tests use" "$venv/bin/hearthd" models pull smollm2-135m
    step "voice server and training environment for the tests (once; kept in $(cache))"
    change "install it" test_peers
    step "tests (what is skipped is listed with its reason at the end)"
    change "run pytest" all_tests
}

beside_each_other=(-n logical --maxprocesses 4 --dist loadfile)

# What goes by the clock has the machine to itself; several processes share the files of the rest, as many as
# there is memory for: one that has loaded Whisper, a voice and a chat model takes 2 GB.
all_tests() {
    local status=0 most
    most=$(awk '/^MemAvailable/ { n = int($2 / 2000000); print (n < 1 ? 1 : n > 4 ? 4 : n) }' /proc/meminfo)
    run_pytest -m alone || status=$?
    run_pytest -m "not alone" -n logical --maxprocesses "$most" --dist loadfile || status=$?
    return "$status"
}

# From within: pytest takes brackets in a path for the parameters of a test.
run_pytest() { (cd "$here" && "$venv/bin/python" -m pytest --quiet "$@" tests --rootdir .); }

# Add the Debian packages that tests need, if this user may install them.
add_for_tests() {
    local package missing=()
    for package in "$@"; do
        has_package "$package" || command -v "$package" >/dev/null || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] || may_sudo; then
        packages+=("${missing[@]}")
    else
        note "some tests will be skipped; they need: ${missing[*]}"
    fi
}

test_peers() {
    (cd "$here" && "$venv/bin/python" -m tests.peers.gpt_sovits --install) ||
        note "its tests will be skipped"
    (cd "$here" && "$venv/bin/python" -m tests.peers.train_environment) ||
        note "the tests of a persona's training will be skipped"
}
