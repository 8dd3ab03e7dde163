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

core/cmake/install-packages.sh check libsubunit-dev

flags_release=(-DCMAKE_BUILD_TYPE=Release)
flags_sanitize=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DEMEND_JEMALLOC=OFF "-DEMEND_SANITIZE=address,undefined")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

for config in $configs; do
    echo "== $config"
    declare -n flags=flags_$config
    cmake -S "$source" -B "$build/$config" -G Ninja -DEMEND_WERROR=ON "${flags[@]}" >"$build.log" 2>&1 || {
        cat "$build.log"
        exit 1
    }
    rm -f "$build.log"
    cmake --build "$build/$config" | tail -n 1
    ctest --test-dir "$build/$config" --output-on-failure -j "$(nproc)" --no-tests=error "$@"
done
