#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a plugin takes of its author: of what `emend new` writes for each kind, the lines that are neither
# blank nor comments, and the seconds until it has been built and has passed `emend check`. Wants the
# installed `emend` on PATH, and its pkgconfig folder on PKG_CONFIG_PATH.
#
#   tests/bench/author.sh [KIND...]
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# lines FILE...: those that say something.
lines() {
    cat "$@" | awk '
        { gsub(/\/\*([^*]|\*[^\/])*\*\//, "") }      # a comment within the line
        is_inside { if (!sub(/^.*\*\//, "")) next; is_inside = 0 }
        /\/\*/ { sub(/\/\*.*/, ""); is_inside = 1 }
        { sub(/\/\/.*/, "") }
        /^[ \t]*$/ || /^[ \t]*#($|[ ])/ { next }
        { n++ }
        END { print n + 0 }'
}

now() {
    date +%s.%N
}

seconds() {
    awk "BEGIN { print $2 - $1 }"
}

printf '%-10s %-6s %8s %8s %8s %8s %8s\n' kind lang source data tests build check
for kind in ${*:-reward tokenizer task algorithm tracker backend}; do
    for lang in c c++ plain; do
        case $kind-$lang in
        backend-c++) continue ;;
        reward-plain) ;;
        *-plain) continue ;;
        esac
        folder=$dir/$kind-$lang
        begin=$(now)
        emend new "$kind" mine --lang $lang --dir "$folder" >"$dir/log"
        make -C "$folder" all >>"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
        built=$(now)
        emend check "$folder/build/plugins/org.example.mine" >>"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
        checked=$(now)
        source=$(cd "$folder" && find . -maxdepth 1 -name '*.[ch]' -o -maxdepth 1 -name '*.cc')
        data=$(cd "$folder" && ls config.proto golden.textproto plugin.textproto 2>/dev/null || true)
        printf '%-10s %-6s %8d %8d %8d %7.1fs %7.1fs\n' "$kind" $lang \
            "$(cd "$folder" && lines $source)" "$(cd "$folder" && lines $data)" \
            "$(lines "$folder"/tests/*)" \
            "$(seconds "$begin" "$built")" "$(seconds "$built" "$checked")"
    done
done
