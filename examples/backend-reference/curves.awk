# SPDX-License-Identifier: Apache-2.0
# awk -f curves.awk A/metrics.jsonl B/metrics.jsonl: every number of B but times is A's, within 1e-5 of
# the larger of 1 and A's. The k-th number of a line is compared with the k-th of the other's.
BEGIN {
    tolerance = 1e-5
}

# The line's "name":number pairs.
{
    line = $0
    k = 0
    while (match(line, /"[^"]+":-?[0-9][-+.0-9e]*/)) {
        pair = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        split_at = match(pair, /":/)
        name = substr(pair, 2, split_at - 2)
        value = substr(pair, split_at + 2) + 0
        if (name ~ /^(time$|timing_s\/|perf\/)/) {
            continue
        }
        k++
        if (NR == FNR) {
            names[FNR, k] = name
            expected[FNR, k] = value
            n_expected++
        } else {
            compare(FNR, k, name, value)
        }
    }
}

function compare(n, k, name, value,    a, difference) {
    if (names[n, k] != name) {
        print FILENAME ":" n ": " name " stands where the other file has " \
            (names[n, k] ? names[n, k] : "nothing")
        n_wrong++
        return
    }
    a = expected[n, k]
    difference = (a > value ? a - value : value - a) / (a > 1 ? a : a < -1 ? -a : 1)
    largest = difference > largest ? difference : largest
    n_compared++
    if (difference > tolerance) {
        printf "%s:%d: %s is %.9g, not %.9g\n", FILENAME, n, name, value, a
        n_wrong++
    }
}

END {
    printf "%d numbers, the largest difference %.1g\n", n_compared, largest
    if (n_compared != n_expected || n_compared == 0) {
        print "there must be " n_expected + 0
        n_wrong++
    }
    exit n_wrong > 0
}
