# SPDX-License-Identifier: LGPL-2.1-or-later
"""D-Bus spoken by hand: what no well-behaved client sends, and signals that come meanwhile."""

import os
import socket
import struct

import harness

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4


def pad(data, size):
    return data + bytes(-len(data) % size)


def text(value):
    return struct.pack("<I", len(value.encode())) + value.encode() + b"\0"


def signature(value):
    return bytes([len(value)]) + value.encode() + b"\0"


def options(**values):
    """An a{sv} of texts and truths, at offset 0."""
    body = b""
    for name, value in values.items():
        body = pad(body, 8) + text(name.replace("_", "-"))
        if isinstance(value, bool):
            body = pad(body + signature("b"), 4) + struct.pack("<I", value)
        else:
            body = pad(body + signature("s"), 4) + text(value)
    return struct.pack("<I", len(body)) + bytes(4) + body


class Message:
    """One that came; body is raw."""

    def __init__(self, head, fields, body):
        self.kind, self.body = head[1], body
        self.serial = struct.unpack_from("<I", head, 8)[0]
        self.fields = {}
        at = 0
        while at < len(fields):
            at += -at % 8
            code, kind = fields[at], chr(fields[at + 2])
            at += 4
            if kind == "g":
                length = fields[at]
                value, at = fields[at + 1:at + 1 + length].decode(), at + length + 2
            elif kind == "u":
                at += -at % 4
                value, at = struct.unpack_from("<I", fields, at)[0], at + 4
            else:
                at += -at % 4
                length = struct.unpack_from("<I", fields, at)[0]
                value, at = fields[at + 4:at + 4 + length].decode(), at + length + 5
            self.fields[code] = value
        self.member, self.error, self.reply_to = map(self.fields.get, (3, 4, 5))

    def texts(self, count):
        """The first members of the body, which are texts."""
        found, at = [], 0
        for _ in range(count):
            at += -at % 4
            length = struct.unpack_from("<I", self.body, at)[0]
            found.append(self.body[at + 4:at + 4 + length].decode())
            at += length + 5
        return found


class Caller:
    """A member of a bus at path."""

    def __init__(self, path, timeout=harness.PATIENCE):
        self.serial = 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
        assert self.socket.recv(200).startswith(b"OK")
        self.socket.sendall(b"BEGIN\r\n")
        self.result(self.send("Hello", "", b"", "org.freedesktop.DBus", "/org/freedesktop/DBus"))

    def put(self, kind, fields, kinds, body):
        """Send a message of this kind; its serial."""
        self.serial += 1
        if kinds:
            fields = pad(fields, 8) + bytes([8]) + signature("g") + signature(kinds)
        head = b"l" + bytes([kind, 0, 1]) + struct.pack("<III", len(body), self.serial, len(fields))
        self.socket.sendall(pad(head + fields, 8) + body)
        return self.serial

    def send(self, member, kinds, body, name="org.virtcpu.Daemon1", path="/org/virtcpu/Daemon1"):
        """Call a method with a body of these kinds; its serial."""
        fields = b""
        for code, kind, value in ((1, "o", path), (2, "s", name), (3, "s", member), (6, "s", name)):
            fields = pad(fields, 8) + bytes([code]) + signature(kind) + text(value)
        return self.put(CALL, fields, kinds, body)

    def answer(self, call, kinds, body):
        """Answer a call that came."""
        fields = bytes([5]) + signature("u") + struct.pack("<I", call.serial)
        fields = pad(fields, 8) + bytes([6]) + signature("s") + text(call.fields[7])
        self.put(RETURN, fields, kinds, body)

    def read(self, size):
        data = b""
        while len(data) < size:
            got = self.socket.recv(min(size - len(data), 1 << 20))
            if not got:
                raise ConnectionError("the bus hung up")
            data += got
        return data

    def receive(self):
        """The next message."""
        head = self.read(16)
        length, _, fields = struct.unpack_from("<III", head, 4)
        rest = self.read(fields + -fields % 8 + length)
        return Message(head, rest[:fields], rest[fields + -fields % 8:])

    def result(self, serial):
        """The answer to the call with this serial; others are thrown away."""
        while True:
            message = self.receive()
            if message.reply_to == serial:
                return message

    def call(self, member, **values):
        return self.result(self.send(member, "a{sv}", options(**values)))

    def close(self):
        self.socket.close()
