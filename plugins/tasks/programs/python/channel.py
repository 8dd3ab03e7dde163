# SPDX-License-Identifier: Apache-2.0
"""The tests' end of the channel to the program's process: questions go, plain data comes."""
import builtins
import os
import struct

import emend_codec as codec
import emend_opaque as opaque

_LENGTH = struct.Struct("<I")


class Channel:
    """`lost(why)` ends the process: nothing that a test catches can take a lost program for an
    exception of it."""

    def __init__(self, fd, lost):
        self.fd = fd
        self.lost = lost
        self.handles = {}

    def handle(self, number):
        """One proxy for one object, so that identity is the object's."""
        if number not in self.handles:
            self.handles[number] = opaque.Opaque(self, number)
        return self.handles[number]

    @staticmethod
    def number(value):
        if type(value) is opaque.Opaque:
            return object.__getattribute__(value, "_number")
        if type(value) is opaque.Walk:
            return Channel.number(value.iterator)
        raise codec.CodecError(f"a {type(value).__name__} cannot be handed to the program")

    def read_exactly(self, n):
        parts = []
        while n > 0:
            try:
                part = os.read(self.fd, min(n, 1 << 20))
            except OSError:
                part = b""
            if not part:
                self.lost("the program ended before its tests did")
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def receive(self):
        """One message of the program, as a tuple that begins with a word."""
        n = _LENGTH.unpack(self.read_exactly(4))[0]
        if n > codec.MAX_BYTES:
            self.lost("the program answered with more than 64 MiB")
        try:
            message = codec.decode(self.read_exactly(n), self.handle)
        except codec.CodecError as error:
            self.lost(f"the program answered with {error}")
        if type(message) is not tuple or not message or type(message[0]) is not str:
            self.lost("the program answered with something else than an answer")
        return message

    def send(self, message):
        data = codec.encode(message, self.number)
        data = _LENGTH.pack(len(data)) + data
        try:
            while data:
                data = data[os.write(self.fd, data):]
        except OSError:
            self.lost("the program ended before its tests did")

    def ask(self, *request):
        """The result of an operation; an exception of the program is raised here."""
        self.send(request)
        reply = self.receive()
        if reply[0] == "ok" and len(reply) == 3:
            self.changes = reply[2]
            return reply[1]
        self.raise_(request[0], reply)

    def raise_(self, operation, reply):
        if reply[0] != "raise" or len(reply) != 4 or type(reply[1]) is not list:
            self.lost("the program answered with something else than an answer")
        text = reply[3] if type(reply[3]) is str else ""
        for name in reply[1]:
            kind = getattr(builtins, name, None) if type(name) is str else None
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                continue
            if not issubclass(kind, Exception):
                self.lost(f"{name}: {text}" if text else name)
            # Out of anything but an iterator it would end a test's own loop, as if all were well.
            if issubclass(kind, (StopIteration, StopAsyncIteration)) and operation != "next":
                kind, text = RuntimeError, f"{name}: {text}"
            raise _make(kind, text)
        self.lost("the program raised something that is no exception")

    def text(self, *request):
        value = self.ask(*request)
        if type(value) is not str:
            self.lost("the program answered with something else than text")
        return value

    def call(self, function, args, kwargs):
        result = self.ask("call", function, list(args), kwargs)
        if type(self.changes) is not list:
            self.lost("the program answered with something else than an answer")
        for change in self.changes:
            if type(change) is tuple and len(change) == 2:
                _change(args, kwargs, *change)
        return result


class _Shown(str):
    """A text that is its own repr()."""

    __repr__ = str.__str__


def _make(kind, text):
    """An exception whose text is this. A KeyError's is the repr() of its key, which came over as that
    already; UnicodeDecodeError and such take more than a text."""
    if issubclass(kind, KeyError):
        text = _Shown(text)
    try:
        return kind(text)
    except TypeError:
        return ValueError(text) if issubclass(kind, ValueError) else Exception(text)


def _change(args, kwargs, key, value):
    if type(key) is int and 0 <= key < len(args):
        _become(args[key], value)
    elif type(key) is str and key in kwargs:
        _become(kwargs[key], value)


def _become(old, new):
    """Makes a mutable argument what the program made of it; parts that were there stay themselves."""
    if type(old) is not type(new):
        return
    if type(old) is list:
        same = len(old) == len(new)
        old[:] = [_part(a, b) for a, b in zip(old, new)] if same else new
    elif type(old) is dict:
        parts = {key: _part(old[key], value) if key in old else value
                 for key, value in new.items()}
        old.clear()
        old.update(parts)
    elif type(old) is set:
        old.clear()
        old.update(new)
    elif type(old) is bytearray:
        old[:] = new


def _part(old, new):
    if type(old) is type(new) and type(old) in (list, dict, set, bytearray):
        _become(old, new)
        return old
    return new
