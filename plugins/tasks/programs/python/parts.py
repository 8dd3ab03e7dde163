# SPDX-License-Identifier: Apache-2.0
"""A test function in parts: HumanEval's check(candidate) is many asserts in a row.

Each statement of the function with an assert in it counts for itself; a loop is one. The others are
run as they come and stand in front of those that follow. An assert of a constant says nothing of a
program and does not count. The function runs once, statement by statement as it is written, and
differs only in going on behind a part that failed: so all parts pass exactly where the whole does."""
import ast

_MARK = "<part>"  # a name that no code can have
_LEAVES = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _says_something(statement):
    return not isinstance(statement, _DEFINITIONS) and any(
        isinstance(name, ast.Name) for part in ast.walk(statement) if isinstance(part, ast.Assert)
        for name in ast.walk(part.test))


def _find(tree, name):
    """The one function of this name, if it runs from its first statement to its last."""
    found = [s for s in tree.body if isinstance(s, _DEFINITIONS) and s.name == name]
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef) or found[0].decorator_list:
        return None
    return None if any(isinstance(node, _LEAVES) for node in ast.walk(found[0])) else found[0]


def _guard(statement, number):
    """with <part>(number): statement"""
    call = ast.Call(ast.Name(_MARK, ast.Load()), [ast.Constant(number)], [])
    guarded = ast.With([ast.withitem(call)], [statement])
    return ast.fix_missing_locations(ast.copy_location(guarded, statement))


def split(text, name):
    """A test's tree with the function's parts marked, and how many; 0 where it has none."""
    try:
        tree = ast.parse(text, "<tests>")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text, 0  # which running it will say
    function = _find(tree, name)
    n = 0
    for at, statement in enumerate(function.body if function else ()):
        if _says_something(statement):
            function.body[at] = _guard(statement, n)
            n += 1
    return tree, n


class _Part:
    def __init__(self, parts, number):
        self.parts = parts
        self.number = number

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if error is not None:
            self.parts.fail(error)
        elif self.number in self.parts.left:
            self.parts.left.remove(self.number)
            self.parts.report(None)
        return True


class _Parts:
    def __init__(self, n, report):
        self.left = set(range(n))
        self.report = report
        self.has_failed = False

    def __call__(self, number):
        return _Part(self, number)

    def fail(self, error):
        self.has_failed = True
        self.report(error)


def run(tree, n, execute, space, report):
    """Runs a test in its parts. `execute(tree, space)` gives an exception or None; report(None) says
    that a part has passed, report(error) that something has not."""
    parts = space[_MARK] = _Parts(n, report)
    error = execute(tree, space)
    if error is not None:
        parts.fail(error)
    elif not parts.has_failed:
        for _ in parts.left:
            report(None)
