# SPDX-License-Identifier: Apache-2.0
"""The tests' process: runs the tests on proxies of the program's names, and says what came of it.

The report is the verdict. Only this process holds it, and only text that we trust runs here."""
import os
import struct

import emend_channel as channel
import emend_parts as parts

_LENGTH = struct.Struct("<I")


class Report:
    """Lines for the runner: P, E, or N, F, D with more behind."""

    def __init__(self, fd):
        self.fd = fd

    def line(self, letter, detail=""):
        text = "".join(c if " " <= c <= "~" else "?" for c in detail[:240])
        os.write(self.fd, (letter + text + "\n").encode())

    def test(self, error):
        self.line("P" if error is None else "F", "" if error is None else describe(error))

    def lost(self, why):
        self.line("D", why)
        os._exit(0)


class Texts:
    """What program_test packed: a flag, counts, then texts, each after its length."""

    def __init__(self, fd):
        parts = []
        while part := os.read(fd, 1 << 20):
            parts.append(part)
        os.close(fd)
        self.data = b"".join(parts)
        self.at = 0

    def number(self):
        self.at += 4
        return _LENGTH.unpack_from(self.data, self.at - 4)[0]

    def text(self):
        n = self.number()
        self.at += n
        return self.data[self.at - n:self.at].decode("utf-8")


def describe(error):
    """The last line of a traceback."""
    text = str(error).split("\n", 1)[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def start(line, report):
    """Waits for the program to have run to its end; its module."""
    message = line.receive()
    if message[0] == "ready" and len(message) == 2:
        return message[1]
    if message[0] == "failed" and len(message) == 4:
        name, text = (part if type(part) is str else "" for part in message[2:])
        report.lost(f"{name}: {text}" if text else name)
    report.lost("the program answered with something else than an answer")


def take_names(line, module, names):
    """The names that are there; one that is not is a NameError where a test uses it."""
    found = {}
    for name in names:
        try:
            found[name] = line.ask("get", module, name)
        except AttributeError:
            pass
    return found


def run(code, space):
    """None, or the exception. SystemExit of a test is a failure like any other."""
    try:
        exec(compile(code, "<tests>", "exec", dont_inherit=True), space)
    except BaseException as error:
        return error
    return None


def main(channel_fd, report_fd, text_fd):
    report = Report(report_fd)
    texts = Texts(text_fd)
    count_all, n_tests, n_names = texts.number(), texts.number(), texts.number()
    setup, parted = texts.text(), texts.text()
    tests = [texts.text() for _ in range(n_tests)]
    names = [texts.text() for _ in range(n_names)]
    if count_all and parted:  # before anything of the program is here
        tests = [parts.split(test, parted) for test in tests]
        report.line("N", str(sum(max(n, 1) for _, n in tests)))
    else:
        tests = [(test, 0) for test in tests]

    line = channel.Channel(channel_fd, report.lost)
    module = start(line, report)
    space = {"__name__": "tests"}
    found = take_names(line, module, names)
    space.update(found)
    error = run(setup, space)
    space.update(found)  # also where the setup has a stub of the same name
    if error is not None:
        report.lost("before the tests: " + describe(error))
    for test, n_parts in tests:
        if n_parts > 0:
            parts.run(test, n_parts, run, space, report.test)
            continue
        error = run(test, space)
        report.test(error)
        if error is not None and not count_all:
            break
    report.line("E")
