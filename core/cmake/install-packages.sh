#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what building Emend needs from the distribution (Debian 12 or newer), and the packages named
# as arguments beside; touches nothing where all is there.
set -eu

packages="cmake ninja-build gcc g++ libc6-dev pkg-config libjemalloc-dev libprotobuf-c-dev
protobuf-c-compiler protobuf-compiler libprotobuf-dev libjansson-dev libssl-dev zlib1g-dev libgmp-dev libmpfr-dev libmpfi-dev
libseccomp-dev libffi-dev python3 $*"

missing=""
for package in $packages; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "these packages are missing and you are not root; ask for them to be installed:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086
if ! { $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "the packages could not be installed:$missing" >&2
    exit 1
fi
rm -f "$log"
