# SPDX-License-Identifier: Apache-2.0
"""Plain data over a channel, with bounds on both sides.

A value is a tag byte and its parts; all lengths are 4 bytes, little-endian. Only the exact types
below are ever made from bytes, by this file's own code: nothing that comes over the channel is
evaluated, looked up or called. What is none of them goes as a number, a handle on an object that
stays with the program."""
import collections
import datetime
import decimal
import fractions
import struct

MAX_BYTES = 64 << 20
MAX_DEPTH = 150
MAX_VALUES = 4_000_000

_LENGTH = struct.Struct("<I")
_DOUBLE = struct.Struct("<d")
_INT, _FLOAT, _STR = ord("i"), ord("f"), ord("s")


class CodecError(Exception):
    """A value that cannot go over, or bytes that are no value."""


def _pack(*lengths):
    return b"".join(_LENGTH.pack(n) for n in lengths)


class Encoder:
    """Turns one value into bytes. `handle(object)` gives the number of an object that is not plain,
    or raises CodecError."""

    def __init__(self, handle):
        self.handle = handle
        self.parts = []
        self.n_bytes = 0
        self.n_values = 0

    def put(self, data):
        self.n_bytes += len(data)
        if self.n_bytes > MAX_BYTES:
            raise CodecError("a value of more than 64 MiB")
        self.parts.append(data)

    def text(self, tag, data):
        self.put(tag + _LENGTH.pack(len(data)))
        self.put(data)

    def many(self, tag, items, depth):
        self.put(tag + _LENGTH.pack(len(items)))
        for item in items:
            self.value(item, depth + 1)

    def pairs(self, tag, items, depth):
        self.put(tag + _LENGTH.pack(len(items)))
        for key, item in items.items():
            self.value(key, depth + 1)
            self.value(item, depth + 1)

    def value(self, value, depth=0):
        self.n_values += 1
        if depth > MAX_DEPTH or self.n_values > MAX_VALUES:
            raise CodecError("a value that is nested too deep or has too many parts")
        kind = type(value)
        write = _WRITERS.get(kind)
        if write is None:
            write, value = _as_base(kind, value)
        if write is None:
            self.put(b"h" + _LENGTH.pack(self.handle(value)))
        else:
            write(self, value, depth)


def _write_int(out, value, depth):
    out.text(b"i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))


def _write_deque(out, value, depth):
    out.value(value.maxlen, depth + 1)
    out.many(b"", value, depth)


def _tagged(tag, parts):
    """A writer of a tag followed by what parts(value) lists."""

    def write(out, value, depth):
        out.put(tag)
        for part in parts(value):
            out.value(part, depth + 1)

    return write


def _delta(value):
    return value.days, value.seconds, value.microseconds


def _date(value):
    return value.year, value.month, value.day


def _time(value):
    return value.hour, value.minute, value.second, value.microsecond


_WRITERS = {
    type(None): lambda out, value, depth: out.put(b"N"),
    bool: lambda out, value, depth: out.put(b"T" if value else b"F"),
    int: _write_int,
    float: lambda out, value, depth: out.put(b"f" + _DOUBLE.pack(value)),
    complex: lambda out, value, depth: out.put(
        b"c" + _DOUBLE.pack(value.real) + _DOUBLE.pack(value.imag)),
    str: lambda out, value, depth: out.text(b"s", value.encode("utf-8", "surrogatepass")),
    bytes: lambda out, value, depth: out.text(b"b", value),
    bytearray: lambda out, value, depth: out.text(b"y", bytes(value)),
    list: lambda out, value, depth: out.many(b"l", value, depth),
    tuple: lambda out, value, depth: out.many(b"t", value, depth),
    set: lambda out, value, depth: out.many(b"S", value, depth),
    frozenset: lambda out, value, depth: out.many(b"Z", value, depth),
    dict: lambda out, value, depth: out.pairs(b"d", value, depth),
    collections.Counter: lambda out, value, depth: out.pairs(b"C", value, depth),
    collections.OrderedDict: lambda out, value, depth: out.pairs(b"O", value, depth),
    collections.defaultdict: lambda out, value, depth: out.pairs(b"d", value, depth),
    type({}.keys()): lambda out, value, depth: out.many(b"K", value, depth),
    type({}.items()): lambda out, value, depth: out.many(b"I", value, depth),
    collections.deque: lambda out, value, depth: (out.put(b"q"),
                                                  _write_deque(out, value, depth)),
    range: _tagged(b"r", lambda value: (value.start, value.stop, value.step)),
    decimal.Decimal: lambda out, value, depth: out.text(b"D", str(value).encode()),
    fractions.Fraction: _tagged(b"R", lambda value: (value.numerator, value.denominator)),
    datetime.timedelta: _tagged(b"1", _delta),
    datetime.date: _tagged(b"2", _date),
    type(Ellipsis): lambda out, value, depth: out.put(b"."),
}


# Types that are plain themselves: a test may hand `int` over.
_TYPES = (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, object,
          type, range, type(None))


def _write_type(out, value, depth):
    if value in _TYPES:
        out.put(b"X" + _LENGTH.pack(_TYPES.index(value)))
    else:
        out.put(b"h" + _LENGTH.pack(out.handle(value)))


_WRITERS[type] = _write_type


def _write_moment(out, value, depth):
    """Times with a zone stay behind a handle."""
    if value.tzinfo is not None:
        out.put(b"h" + _LENGTH.pack(out.handle(value)))
    elif type(value) is datetime.time:
        _tagged(b"3", _time)(out, value, depth)
    else:
        _tagged(b"4", lambda v: _date(v) + _time(v))(out, value, depth)


_WRITERS[datetime.time] = _write_moment
_WRITERS[datetime.datetime] = _write_moment

# A subclass goes as the first of these it descends from, by that type's own methods, so that it
# equals what the base would.
_BASES = (
    (int, int.__int__), (float, float.__float__), (complex, lambda v: complex(v)),
    (str, lambda v: str.__str__(v) if type(str.__str__(v)) is str else str.__getitem__(v, slice(None))),
    (bytes, lambda v: bytes.__getitem__(v, slice(None))), (bytearray, lambda v: bytearray(v)),
    (tuple, lambda v: tuple(tuple.__iter__(v))), (list, lambda v: list(list.__iter__(v))),
    (collections.Counter, lambda v: collections.Counter(dict(dict.items(v)))),
    (collections.OrderedDict, lambda v: collections.OrderedDict(dict.items(v))),
    (dict, lambda v: dict(dict.items(v))), (set, lambda v: set(set.__iter__(v))),
    (frozenset, lambda v: frozenset(frozenset.__iter__(v))),
    (collections.deque, lambda v: collections.deque(v, v.maxlen)),
)


def _as_base(kind, value):
    for base, convert in _BASES:
        if issubclass(kind, base):
            plain = convert(value)
            return _WRITERS.get(type(plain)), plain
    return None, value


def encode(value, handle):
    out = Encoder(handle)
    out.value(value)
    return b"".join(out.parts)


class Decoder:
    """Reads one value. `handle(number)` gives the object for a handle."""

    def __init__(self, data, handle):
        self.data = data
        self.at = 0
        self.handle = handle
        self.n_values = 0

    def take(self, n):
        end = self.at + n
        if end > len(self.data):
            raise CodecError("a value that ends early")
        part = self.data[self.at:end]
        self.at = end
        return part

    def length(self):
        return _LENGTH.unpack(self.take(4))[0]

    def count(self):
        """Each part takes a byte or more, so a count cannot promise what is not there."""
        n = self.length()
        if n > len(self.data) - self.at:
            raise CodecError("a value that ends early")
        return n

    def many(self, depth):
        return [self.value(depth + 1) for _ in range(self.count())]

    def pairs(self, depth):
        return [(self.value(depth + 1), self.value(depth + 1)) for _ in range(self.count())]

    def ints(self, n, depth):
        parts = [self.value(depth + 1) for _ in range(n)]
        if any(type(part) is not int for part in parts):
            raise CodecError("a number that is none")
        return parts

    def value(self, depth=0):
        self.n_values += 1
        if depth > MAX_DEPTH or self.n_values > MAX_VALUES:
            raise CodecError("a value that is nested too deep or has too many parts")
        read = _READERS.get(self.take(1))
        if read is None:
            raise CodecError("an unknown kind of value")
        return read(self, depth)


def _read_type(data, depth):
    return _TYPES[data.length()]


def _read_deque(data, depth):
    limit = data.value(depth + 1)
    if limit is not None and (type(limit) is not int or limit < 0):
        raise CodecError("a deque's length that is none")
    return collections.deque(data.many(depth), limit)


_READERS = {
    b"N": lambda data, depth: None,
    b"T": lambda data, depth: True,
    b"F": lambda data, depth: False,
    b"i": lambda data, depth: int.from_bytes(data.take(data.length()), "little", signed=True),
    b"f": lambda data, depth: _DOUBLE.unpack(data.take(8))[0],
    b"c": lambda data, depth: complex(_DOUBLE.unpack(data.take(8))[0],
                                      _DOUBLE.unpack(data.take(8))[0]),
    b"s": lambda data, depth: data.take(data.length()).decode("utf-8", "surrogatepass"),
    b"b": lambda data, depth: data.take(data.length()),
    b"y": lambda data, depth: bytearray(data.take(data.length())),
    b"l": lambda data, depth: data.many(depth),
    b"t": lambda data, depth: tuple(data.many(depth)),
    b"S": lambda data, depth: set(data.many(depth)),
    b"Z": lambda data, depth: frozenset(data.many(depth)),
    b"d": lambda data, depth: dict(data.pairs(depth)),
    b"C": lambda data, depth: collections.Counter(dict(data.pairs(depth))),
    b"O": lambda data, depth: collections.OrderedDict(data.pairs(depth)),
    b"K": lambda data, depth: dict.fromkeys(data.many(depth)).keys(),
    b"I": lambda data, depth: dict(data.many(depth)).items(),
    b"q": _read_deque,
    b"r": lambda data, depth: range(*data.ints(3, depth)),
    b"D": lambda data, depth: decimal.Decimal(data.take(data.length()).decode()),
    b"R": lambda data, depth: fractions.Fraction(*data.ints(2, depth)),
    b"1": lambda data, depth: datetime.timedelta(*data.ints(3, depth)),
    b"2": lambda data, depth: datetime.date(*data.ints(3, depth)),
    b"3": lambda data, depth: datetime.time(*data.ints(4, depth)),
    b"4": lambda data, depth: datetime.datetime(*data.ints(7, depth)),
    b".": lambda data, depth: Ellipsis,
    b"X": _read_type,
    b"h": lambda data, depth: data.handle(data.length()),
}


def decode(data, handle):
    """The value in `data`, all of it; CodecError for anything else that bytes can be."""
    source = Decoder(data, handle)
    try:
        value = source.value()
    except CodecError:
        raise
    except Exception as error:  # a list as a key, text that is no UTF-8, a date of month 13
        raise CodecError("a value that cannot be: " + type(error).__name__) from None
    if source.at != len(data):
        raise CodecError("bytes after a value")
    return value
