#!/bin/sh
# The layers, enforced: what a package must not know must not be in its tree. Reads only.
set -eu
cd "$(dirname "$0")/.."
failed=0

# package, then the names that must not be in its normal dependencies.
forbid() {
    package=$1
    shift
    tree=$(cargo tree --locked -p "$package" -e normal --prefix none --format '{p}' | cut -d' ' -f1 | sort -u)
    for name in "$@"; do
        if printf '%s\n' "$tree" | grep -qx "$name"; then
            echo "$package must not depend on $name"
            failed=1
        fi
    done
}

# package, then the names that must not be among what it names itself.
unnamed() {
    package=$1
    shift
    direct=$(cargo tree --locked -p "$package" -e normal --depth 1 --prefix none --format '{p}' | cut -d' ' -f1)
    for name in "$@"; do
        if printf '%s\n' "$direct" | grep -qx "$name"; then
            echo "$package must not name $name"
            failed=1
        fi
    done
}

forbid docket-domain tokio sea-orm axum async-graphql reqwest
forbid docket-infra axum async-graphql
unnamed docket-api sea-orm aes-gcm
forbid docket-api aws-lc-sys openssl-sys rsa

exit $failed
