#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian machine to a model that corrects itself: installs what is missing, builds, trains
# a small model from nothing (supervised start, SCoRe stage I, stage II), evaluates it on held-out
# problems, prints the table and some transcripts. Arguments go to `emend run`
# (--set seed=2, --resume, ...).
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== packages"
core/cmake/install-packages.sh

echo "== build"
log=$(mktemp)
if ! { cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DEMEND_TESTS=OFF &&
    cmake --build build; } >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
rm -f "$log"

out=runs/quickstart
resume=()
if [ -d "$out" ]; then
    echo "== $out holds a run already: going on with it (remove the folder to start anew)"
    resume=(--resume)
fi
echo "== run"
build/emend run manifests/score-arithmetic.textproto --out "$out" --transcripts 6 "${resume[@]}" "$@"
