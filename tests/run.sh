#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds with warnings as errors, and runs every test: once as released, once
# under AddressSanitizer and UBSan. Arguments go to ctest (-R NAME, ...).
#
#   EMEND_BUILD     where to build (default: build-tests beside this folder)
#   EMEND_SHARED    a folder with the public data sets; tests that want them skip without it
#   EMEND_CONFIGS   "release sanitize" by default; one of them to save time
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
build=${EMEND_BUILD:-$source/build-tests}
configs=${EMEND_CONFIGS:-release sanitize}
if [ -z "${EMEND_SHARED:-}" ] && [ -d "$source/../shared/data" ]; then
    EMEND_SHARED=$(cd "$source/../shared" && pwd)
fi
export EMEND_SHARED=${EMEND_SHARED:-}

core/cmake/install-packages.sh check libsubunit-dev make

configure() {
    case $1 in
    release) set -- "$1" -DCMAKE_BUILD_TYPE=Release -DEMEND_WERROR=ON ;;
    # Instrumented code makes gcc guess wrong about lengths, so its warnings do not count here.
    sanitize) set -- "$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DEMEND_JEMALLOC=OFF \
        "-DEMEND_SANITIZE=address,undefined" ;;
    *)
        echo "EMEND_CONFIGS: \"$1\" is not a configuration; it must be release or sanitize" >&2
        return 2
        ;;
    esac
    cmake -S "$source" -B "$build/$1" -G Ninja "${@:2}"
}

# Prints what a command says only where it fails.
quietly() {
    local log
    log=$(mktemp)
    "$@" >"$log" 2>&1 || {
        cat "$log"
        rm -f "$log"
        return 1
    }
    rm -f "$log"
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

for config in $configs; do
    echo "== $config"
    quietly configure "$config"
    quietly cmake --build "$build/$config"
    ctest --test-dir "$build/$config" --output-on-failure -j "$(nproc)" --no-tests=error "$@"
done
