# SPDX-License-Identifier: Apache-2.0
"""What the tests see of an object that stays with the program.

It can be called, walked through, indexed, asked for attributes and handed back; each of these goes
over, and what comes back is plain data or another handle. It does not compare: it equals itself and
nothing else, whatever the object's own __eq__ says. It has no order, no arithmetic and is true."""


class Opaque:
    __slots__ = ("_channel", "_number")

    def __init__(self, channel, number):
        object.__setattr__(self, "_channel", channel)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args, **kwargs):
        return self._channel.call(self, args, kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._channel.ask("get", self, name)

    def __setattr__(self, name, value):
        self._channel.ask("set", self, name, value)

    def __iter__(self):
        return Walk(self._channel, self._channel.ask("iter", self))

    def __next__(self):
        return self._channel.ask("next", self)

    def __len__(self):
        n = self._channel.ask("len", self)
        if type(n) is not int:
            raise TypeError("a length that is no number")
        return n

    def __bool__(self):
        return True

    def __getitem__(self, key):
        return self._channel.ask("item", self, key)

    def __setitem__(self, key, value):
        self._channel.ask("set_item", self, key, value)

    def __str__(self):
        return self._channel.text("str", self)

    def __repr__(self):
        return self._channel.text("repr", self)


class Walk:
    """An iterator over what the program yields, one item a question."""

    __slots__ = ("channel", "iterator")

    def __init__(self, channel, iterator):
        self.channel = channel
        self.iterator = iterator

    def __iter__(self):
        return self

    def __next__(self):
        return self.channel.ask("next", self.iterator)
