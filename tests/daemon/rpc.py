# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client that can say what a well-behaved one never would: libvirt's framing over a socket."""

import socket
import struct

import harness

REMOTE, QEMU, KEEPALIVE = 0x20008086, 0x20008087, 0x6b656570
CALL, REPLY, MESSAGE, STREAM = 0, 1, 2, 3
OK, ERROR = 0, 1
HEADER = struct.Struct(">IIIiIII")

CONNECT_OPEN, CONNECT_CLOSE, GET_VERSION, GET_CAPABILITIES = 1, 2, 4, 7
DOMAIN_DEFINE, GET_HOSTNAME, AUTH_LIST, LOOKUP_BY_NAME = 11, 59, 66, 23
COMPARE_CPU, BASELINE_CPU = 158, 162


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def optional(data):
    return struct.pack(">I", 0) if data is None else struct.pack(">I", 1) + data


def uint(value):
    return struct.pack(">I", value)


class RpcError(Exception):
    """An error reply, as a client would see it."""

    def __init__(self, payload):
        self.code, self.origin, given = struct.unpack_from(">iiI", payload)
        self.message = ""
        if given:
            (length,) = struct.unpack_from(">I", payload, 12)
            self.message = payload[16:16 + length].decode()
        super().__init__(f"{self.code}/{self.origin}: {self.message}")


class Client:
    """One connection, to a socket's path or one that is made. open=True goes through what virsh
    does first."""

    def __init__(self, path, timeout=harness.PATIENCE, open=True, flags=0):
        if isinstance(path, socket.socket):
            self.socket = path
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(path)
        self.socket.settimeout(timeout)
        self.serial = 0
        if open:
            self.call(AUTH_LIST)
            self.call(CONNECT_OPEN, optional(string("qemu:///system")) + uint(flags))

    def send(self, data):
        self.socket.sendall(data)

    def frame(self, procedure, payload=b"", program=REMOTE, version=1, kind=CALL, status=OK):
        self.serial += 1
        return HEADER.pack(HEADER.size + len(payload), program, version, procedure, kind,
                           self.serial, status) + payload

    def receive_bytes(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("the daemon closed the connection")
            data += part
        return data

    def receive(self):
        """The next packet that is no message: (fields of the header, payload)."""
        while True:
            head = HEADER.unpack(self.receive_bytes(HEADER.size))
            payload = self.receive_bytes(head[0] - HEADER.size)
            if head[4] != MESSAGE:
                return head, payload

    def call(self, procedure, payload=b"", **fields):
        """Payload of the reply; RpcError when it is an error."""
        self.send(self.frame(procedure, payload, **fields))
        head, answer = self.receive()
        if head[6] == ERROR:
            raise RpcError(answer)
        return answer

    def closed(self):
        """True when the daemon has closed this connection (it may send a last word first)."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False

    def close(self):
        self.socket.close()


def refused(call, *args, **fields):
    """The RpcError that a call has to raise."""
    try:
        call(*args, **fields)
    except RpcError as error:
        return error
    raise AssertionError(f"{call.__name__}{args} was not refused")
