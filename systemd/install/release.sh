# shellcheck shell=bash
# A release: one version of hearthd under /opt/hearthd, complete before anything points to it.
#
#   /opt/hearthd/releases/VERSION        the program in an environment of its own, its units, its configuration
#   /opt/hearthd/dependencies/LOCK       what it is built on; releases with the same lock share it
#   /opt/hearthd/current                 the release in use: a link, changed in one step

root=/opt/hearthd
version=""     # of the checkout
fingerprint="" # of everything in the checkout that makes a release
release=""     # its folder
dependencies="" # theirs

# The release that the checkout would become: $version, $fingerprint, $release, $dependencies.
identify_release() {
    local key
    version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$here/daemon/hearthd/__init__.py")
    fingerprint=$(cd "$here" && find daemon config systemd docs install.sh README.md pyproject.toml \
        requirements-build.lock requirements.lock -type f ! -name '*.pyc' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
    release=$root/releases/$version
    # the same version, built from other sources: a developer's; it must not replace the one in use
    if [ -e "$release" ] && [ "$(cat "$release/.complete" 2>/dev/null)" != "$fingerprint" ]; then
        release=$root/releases/$version+${fingerprint:0:8}
    fi
    key=$({
        cat "$here/requirements-build.lock" "$here/requirements.lock"
        [ -z "$python" ] || "$python" -c 'import sys; print(sys.version, sys.executable)'
    } | sha256sum | cut -c1-12)
    dependencies=$root/dependencies/$key
}

release_complete() { [ "$(cat "$release/.complete" 2>/dev/null)" = "$fingerprint" ]; }

build_release() {
    step "release $(basename "$release") (in $root)"
    mkdir -p "$root/releases" "$root/dependencies"
    [ -e "$dependencies/.lock" ] || unfinished=$dependencies
    fill_environment "$dependencies" "$here/requirements.lock"
    if [ ! -e "$dependencies/.compiled" ]; then # the service may not write there; some packages carry what is no Python
        "$dependencies/bin/python" -m compileall -q -j 0 "$dependencies/lib" >/dev/null 2>&1 || true
        touch "$dependencies/.compiled"
    fi
    unfinished=""
    if release_complete; then
        note "already built"
        return
    fi
    rm -rf "$release"
    unfinished=$release
    mkdir "$release"
    local site
    "$python" -m venv --without-pip "$release/venv"
    site=$("$release/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    "$dependencies/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/dependencies.pth"
    # from within: pip takes brackets in a path for the names of extras
    (cd "$here" && "$dependencies/bin/python" -m pip --disable-pip-version-check --python "$release/venv/bin/python" \
        install -q --no-deps --no-build-isolation --no-index .)
    cp -r "$here/systemd" "$here/config" "$here/docs" "$here/README.md" "$here/install.sh" "$release/"
    chmod -R a+rX,go-w "$release"
    echo "$fingerprint" >"$release/.complete"
    unfinished=""
}

# point_to RELEASE: make it the current one, in one step.
point_to() {
    ln -sfn "$1" "$root/current.new"
    mv -T "$root/current.new" "$root/current"
}

# Keep the current release and the one before it ($1); forget the rest and what only they were built on.
forget_old_releases() {
    local folder used
    [ "$1" != "$release" ] || return 0 # the same once more: the one before it is still the one to go back to
    for folder in "$root"/releases/*; do
        case $folder in "$release" | "$1") ;; *) rm -rf "$folder" ;; esac
    done
    used=$(cat "$root"/releases/*/venv/lib/python3*/site-packages/dependencies.pth)
    for folder in "$root"/dependencies/*; do
        grep -q "^$folder/" <<<"$used" || rm -rf "$folder"
    done
}
