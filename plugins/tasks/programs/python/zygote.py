# SPDX-License-Identifier: Apache-2.0
"""A warm interpreter: loads what programs use, then forks one process for each order.

argv: the folder of the helpers, the role ("program" or "tests"). See sandbox/zygote.h for the order
of the calls."""
import sys

sys.path.pop(0)
HELPERS, ROLE = sys.argv[1], sys.argv[2]

# What programs use most. Each module makes every fork a little dearer, so what few use, or what does
# work of its own in every fork (threading), is left to be loaded by those.
import _strptime, abc, array, ast, bisect, builtins, calendar, cmath, collections, collections.abc
import contextlib, copy, ctypes, dataclasses, datetime, decimal, enum, fractions, functools, gc
import hashlib, heapq, io, itertools, json, math, numbers, operator, os, random, re, statistics
import string, textwrap, time, types, typing, unicodedata


def load(name):
    """A helper as a module, without a place on sys.path."""
    module = types.ModuleType("emend_" + name)
    path = os.path.join(HELPERS, name + ".py")
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return module


def warm(codec):
    """Runs what every process will run, so that its first time is over before the fork."""
    code = compile("def f(x: int) -> int:\n    return [x] and x", "<program>", "exec")
    value = ("ok", [1, -2.5, "a", b"b", None, True, (1, 2), {"a": 1}, {3}], [(0, [1])])
    for _ in range(40):
        space = {}
        exec(code, space)
        codec.decode(codec.encode((*value, space["f"]), lambda value: 0), lambda number: None)


def open_library():
    library = ctypes.CDLL(os.path.join(HELPERS, "programs-sandbox.so"))
    library.zygote_enter.restype = ctypes.c_char_p
    return library


def run_child(library, main):
    failed = library.zygote_enter()
    if failed is not None:
        os.write(library.zygote_report(), b"I" + failed + b"\n")
        os._exit(1)
    if library.zygote_has_output():
        sys.stdout.reconfigure(line_buffering=True)
    random.seed(0)
    main(3, 4, 5)
    os._exit(0)


def serve(library, main):
    while library.zygote_next() == 0:
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            run_child(library, main)
        library.zygote_forked(pid)


def main():
    library = open_library()
    if library.zygote_open() != 0:
        sys.exit("the config of the sandbox cannot be read")
    warm(load("codec"))
    if ROLE == "program":
        role = load("server")
    else:
        load("opaque")
        load("channel")
        load("parts")
        role = load("checker")
    sys.argv[:] = [""]
    os.environ.clear()
    os.environ.update(HOME="/tmp", PATH="/usr/bin:/bin", LANG="C.UTF-8")
    builtins.exit = builtins.quit = sys.exit  # as `site` has them
    # What was loaded stays as it is, so that forks share its pages.
    gc.collect()
    gc.freeze()
    if library.zygote_ready() == 0:
        serve(library, role.main)


main()
