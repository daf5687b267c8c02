#!/usr/bin/env bash
# Run a command on a copy of this checkout inside Debian 13, whose glibc the current stack needs.
#
# Usage: .ci/current_stack.sh make test        (as root)
#
# The Debian root is made once and kept in the cache, with the .venv of the copy in it. The mounts
# live in a namespace of their own: they vanish with this script, however it ends.
set -euo pipefail

readonly packages=ca-certificates,libgomp1,make,mariadb-server,postgresql,python3,python3-venv
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}
readonly root=$cache/tfx-pipeline/trixie-$(cksum <<<"$packages" | cut -d' ' -f1)
readonly uv_cache=${UV_CACHE_DIR:-$cache/uv}
readonly checkout=/srv/checkout

main() {
    if [[ $EUID -ne 0 ]]; then
        echo "current_stack: making a Debian root and mounts takes root; run it with sudo" >&2
        exit 1
    fi
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    mkdir -p "${root%/*}"
    exec {lock}>"$root.lock"
    flock "$lock" # the root and the copy in it serve one run at a time
    [[ -d $root ]] || make_root
    bring_settings
    bring_checkout
    enter "$@"
}

# The name appears only when the root is complete: an interrupted one is made again.
make_root() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
        'Created-By: Packages' 'Origin: Debian' | awk '$2 !~ /security/ { print $1; exit }')
    echo "current_stack: making a Debian 13 root in $root"
    rm -rf "$root.partial"
    mmdebstrap --quiet --variant=minbase --include="$packages" trixie "$root.partial" \
        ${mirror:+"$mirror"}
    mv "$root.partial" "$root"
}

# Names resolve, and packages are reached, as on this machine.
bring_settings() {
    local file
    settings=()
    while IFS= read -r -d '' setting; do
        settings+=("$setting")
    done < <(env -0 | grep -zE '^(PIP_|UV_|(https?|no|all)_proxy=|CI=|SSL_CERT_FILE=)' \
        --ignore-case | grep -zv '^UV_CACHE_DIR=')
    for file in /etc/{resolv.conf,hosts,pip.conf} /etc/uv/uv.toml \
        /etc/ssl/certs/ca-certificates.crt "${settings[@]#*=}"; do
        if [[ $file == /* && -f $file ]]; then
            install -D -m 644 "$file" "$root$file"
        fi
    done
}

# What git knows of and what it does not ignore; the copy's own .venv stays.
bring_checkout() {
    mkdir -p "$root$checkout"
    find "$root$checkout" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} +
    git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard --deduplicate |
        tar --create --null --files-from=- --ignore-failed-read |
        tar --extract --directory "$root$checkout"
}

enter() {
    mkdir -p "$uv_cache" "$root/root/.cache/uv"
    unshare --mount --pid --fork --kill-child bash -euc '
        root=$1 uv_cache=$2
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --bind "$uv_cache" "$root/root/.cache/uv"
        shift 2
        exec "$@"
    ' bash "$root" "$uv_cache" chroot "$root" env -i --chdir="$checkout" \
        HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 \
        UV_LINK_MODE=copy "${settings[@]}" "$@"
}

main "$@"
