#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The answer corpus through `emend grade math` and through Math-Verify, side by side.

    pip install math-verify
    tests/bench/answers_against_math_verify.py build/emend

Prints for each: pairs judged right, false accepts (different answers taken as equal), false rejects
(equal ones not taken as equal; undecided counts as not equal) and time for a verdict, process start
not counted for Math-Verify, and counted for emend. Each side reads the pairs in its best way: Math-Verify gets
$gold$ and $pred$ where they hold no dollar of their own, and the better of the two for each pair."""
import json
import logging
import os
import subprocess
import sys
import time

logging.disable(logging.CRITICAL)
HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "..", "fixtures", "answers", "pairs.jsonl")


def read_pairs():
    with open(CORPUS, encoding="utf-8") as file:
        pairs = [json.loads(line) for line in file if line.strip()]
    # The others hold no claim about equality.
    return [pair for pair in pairs if pair["verdict"] in ("equal", "different")]


def with_emend(command, pairs):
    lines = "".join(
        json.dumps({k: pair[k] for k in ("gold", "pred", "problem") if k in pair}) + "\n" for pair in pairs)
    begin = time.perf_counter()
    out = subprocess.run([command, "grade", "math", "--threads", "1"], input=lines, text=True,
                         stdout=subprocess.PIPE, check=True).stdout
    seconds = time.perf_counter() - begin
    return [json.loads(line)["verdict"] == "equal" for line in out.splitlines()], seconds, []


def with_math_verify(pairs):
    from math_verify import parse, verify

    verdicts, times = [], []
    for pair in pairs:
        begin = time.perf_counter()
        is_equal = False
        try:
            for wrap in ("${}$", "{}"):
                gold, pred = parse(wrap.format(pair["gold"])), parse(wrap.format(pair["pred"]))
                if verify(gold, pred):
                    is_equal = True
                    break
        except Exception:  # a grader that fails has not accepted
            is_equal = False
        times.append(time.perf_counter() - begin)
        verdicts.append(is_equal)
    return verdicts, sum(times), sorted(times)


def report(name, pairs, result):
    verdicts, seconds, times = result
    wanted = [pair["verdict"] == "equal" for pair in pairs]
    right = sum(v == w for v, w in zip(verdicts, wanted))
    accepts = sum(v and not w for v, w in zip(verdicts, wanted))
    rejects = sum(w and not v for v, w in zip(verdicts, wanted))
    print(f"{name:12} right {right}/{len(pairs)} ({100 * right / len(pairs):.1f} %)  "
          f"false accepts {accepts}/{len(pairs) - sum(wanted)}  false rejects {rejects}/{sum(wanted)}  "
          f"mean {1e6 * seconds / len(pairs):.1f} us" +
          (f"  p99 {1e6 * times[len(times) * 99 // 100]:.0f} us" if times else ""))


def main():
    pairs = read_pairs()
    report("emend", pairs, with_emend(sys.argv[1], pairs))
    report("math-verify", pairs, with_math_verify(pairs))


if __name__ == "__main__":
    main()
