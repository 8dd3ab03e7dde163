# SPDX-License-Identifier: Apache-2.0
"""The program's process: runs the program, then does what the tests' process asks of its names.

All of this is in the program's hands once its first line has run. It holds no test, no verdict and
no secret; what it sends is read as plain data only (codec.py)."""
import emend_codec as codec
import os
import struct
import sys
import types

_LENGTH = struct.Struct("<I")
MAX_HANDLES = 1_000_000


class Channel:
    """Messages to and from the tests' process."""

    def __init__(self, fd):
        self.fd = fd
        self.objects = []
        self.numbers = {}

    def handle(self, value):
        number = self.numbers.get(id(value))
        if number is None:
            if len(self.objects) >= MAX_HANDLES:
                raise codec.CodecError("too many objects")
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return number

    def encode(self, value):
        return codec.encode(value, self.handle)

    def read_exactly(self, n):
        parts = []
        while n > 0:
            part = os.read(self.fd, min(n, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def receive(self):
        n = _LENGTH.unpack(self.read_exactly(4))[0]
        return codec.decode(self.read_exactly(n), self.objects.__getitem__)

    def send(self, data):
        data = _LENGTH.pack(len(data)) + data
        while data:
            data = data[os.write(self.fd, data):]


MUTABLE = (list, dict, set, bytearray)


def call(channel, function, args, kwargs):
    """The result, and which arguments changed: index or keyword, new value."""
    before = {key: channel.encode(value)
              for key, value in [*enumerate(args), *kwargs.items()] if type(value) in MUTABLE}
    result = function(*args, **kwargs)
    changes = []
    for key, data in before.items():
        value = args[key] if type(key) is int else kwargs[key]
        if channel.encode(value) != data:
            changes.append((key, value))
    return result, changes


def operate(channel, request):
    name, target, rest = request[0], request[1], request[2:]
    if name == "call":
        return call(channel, target, *rest)
    return OPERATIONS[name](target, *rest), []


OPERATIONS = {
    "get": lambda target, name: getattr(target, name),
    "set": setattr,
    "iter": iter,
    "next": next,
    "len": len,
    "item": lambda target, key: target[key],
    "set_item": lambda target, key, value: target.__setitem__(key, value),
    "str": str,
    "repr": repr,
}


def describe(error):
    """An exception as the names of its built-in classes, nearest first, and its text."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text = str(error)[:400]
    except Exception:
        text = ""
    return "raise", names, type(error).__name__, text


def flusher():
    """Writes out a last line that has no end yet, where somebody reads it: the answer that it goes
    before may be the program's last."""
    out = sys.stdout

    def flush():
        try:
            out.flush()
        except BaseException:
            pass

    return flush if out.line_buffering else lambda: None


def serve(channel, module, flush):
    flush()
    channel.send(channel.encode(("ready", module)))
    while True:
        request = channel.receive()
        try:
            reply = channel.encode(("ok", *operate(channel, request)))
        except BaseException as error:
            reply = channel.encode(describe(error))
        flush()
        channel.send(reply)


def read_all(fd):
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    os.close(fd)
    return b"".join(parts)


def one_line(error):
    text = "".join(c if " " <= c <= "~" else "?" for c in str(error)[:200])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def main(channel_fd, report_fd, text_fd):
    channel = Channel(channel_fd)
    try:
        text = read_all(text_fd).decode("utf-8").removeprefix("\ufeff")
        code = compile(text, "<program>", "exec", dont_inherit=True)
    except Exception as error:
        os.write(report_fd, b"S" + one_line(error).encode())
        os._exit(0)
    os.write(report_fd, b"C")
    os.close(report_fd)
    flush = flusher()
    module = types.ModuleType("program")
    sys.modules["program"] = module
    del text
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        flush()
        channel.send(channel.encode(("failed", *describe(error)[1:])))
        os._exit(0)
    serve(channel, module, flush)
