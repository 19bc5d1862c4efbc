# SPDX-License-Identifier: LGPL-2.1-or-later
"""Migration step by step, as the client library does it, and a link that can be held and cut."""

import os
import socket
import struct
import threading
import uuid as uuids
import xml.etree.ElementTree as xml

import harness
import rpc
from guests import guest

BEGIN, PREPARE, PERFORM, FINISH, CONFIRM = 302, 303, 305, 306, 307
LIVE, PERSIST, PROTECTED, UNSAFE = 1, 8, 0x100, 0x200
QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"


def opaque(data):
    return rpc.string(data)


def param(name, value):
    if isinstance(value, str):
        return rpc.string(name) + struct.pack(">i", 7) + rpc.string(value)
    return rpc.string(name) + struct.pack(">iQ", 4, value)


def params(values):
    return struct.pack(">I", len(values)) + b"".join(param(*item) for item in values.items())


def reference(name, uuid, number=-1):
    return rpc.string(name) + uuids.UUID(uuid).bytes + struct.pack(">i", number)


class Reader:
    """Takes a reply apart."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def uint(self):
        (value,) = struct.unpack_from(">I", self.data, self.at)
        self.at += 4
        return value

    def string(self):
        length = self.uint()
        text = self.data[self.at:self.at + length]
        self.at += length + -length % 4
        return text


class Migration:
    """One migration of domain `name` between two daemons, phase by phase."""

    def __init__(self, source, destination, name, flags=LIVE | UNSAFE | PROTECTED, there=None,
                 patience=harness.PATIENCE, **values):
        """there: a connection to the destination, if not through its socket; patience: with it."""
        self.source = rpc.Client(source.socket)
        self.destination = rpc.Client(there or destination.socket, patience)
        self.name, self.flags, self.values = name, flags, values
        self.uuid = source.virsh("domuuid", name)
        self.begun, self.cookie, self.xml, self.uri = b"", b"", "", None

    def port(self):
        """Where the destination listens."""
        return int(self.uri.rsplit(":", 1)[1])

    def there(self):
        return self.flags & ~(PROTECTED | 0x1000 | 0x2000)

    def domain(self):
        return reference(self.name, self.uuid)

    def begin(self):
        reply = Reader(self.source.call(BEGIN, self.domain() + params(self.values) +
                                        rpc.uint(self.flags)))
        self.begun = self.cookie = reply.string()
        self.xml = reply.string().decode()

    def prepare(self):
        values = {**self.values, "destination_xml": self.xml}
        reply = Reader(self.destination.call(PREPARE, params(values) + opaque(self.cookie) +
                                             rpc.uint(self.there())))
        self.cookie = reply.string()
        self.uri = reply.string().decode() if reply.uint() else self.values["migrate_uri"]

    def perform(self):
        values = {**self.values, "migrate_uri": self.uri}
        reply = Reader(self.source.call(PERFORM, self.domain() + rpc.optional(None) +
                                        params(values) + opaque(self.cookie) +
                                        rpc.uint(self.flags)))
        self.cookie = reply.string()

    def finish(self, cancelled=0):
        values = {**self.values, "destination_name": self.name}
        payload = params(values) + opaque(b"" if cancelled else self.cookie) + \
            rpc.uint(self.there()) + rpc.uint(cancelled)
        reply = Reader(self.destination.call(FINISH, payload))
        reply.string(), reply.uint(), reply.uint(), reply.uint(), reply.uint(), reply.uint()
        self.cookie = reply.string()

    def confirm(self, cancelled=0):
        self.source.call(CONFIRM, self.domain() + params(self.values) +
                         opaque(b"" if cancelled else self.cookie) + rpc.uint(self.flags) +
                         rpc.uint(cancelled))

    def go_on(self, done):
        """What the library does after phase `done`, failures and all."""
        try:
            if done < 2:
                self.try_or(self.prepare, lambda: self.confirm(1))
            if done < 3:
                self.try_or(self.perform, lambda: self.finish(1))
            if done < 4:
                self.try_or(self.finish, lambda: self.confirm(1))
            if done < 5:
                self.confirm()
            return None
        except (rpc.RpcError, OSError, EOFError) as reason:
            return reason

    @staticmethod
    def try_or(phase, undo):
        try:
            phase()
        except (rpc.RpcError, OSError, EOFError):
            try:
                undo()
            except (rpc.RpcError, OSError, EOFError):
                pass
            raise

    def close(self):
        self.source.close()
        self.destination.close()


def names(cookie):
    """Texts of a cookie's elements by name, without namespaces."""
    root = xml.fromstring(cookie.rstrip(b"\0"))
    return {child.tag.split("}")[-1]: child.text for child in root}


def heavy(daemon, name, mib=12, **options):
    """A guest with a memory that does not fit into a socket's buffers: so much is not empty."""
    path = daemon.root + "/memory.bin"
    with open(path, "wb") as out:
        out.write(os.urandom(mib << 20))
    text = guest(name, **options).replace("<memory unit='MiB'>32<", f"<memory unit='MiB'>{mib + 20}<")
    text = text.replace("<domain ", "<domain xmlns:qemu='" + QEMU_NAMESPACE + "' ")
    return text.replace("</domain>", f"""<qemu:commandline>
  <qemu:arg value='-device'/>
  <qemu:arg value='loader,file={path},addr=0x800000,force-raw=on'/>
</qemu:commandline></domain>""")


# MiB/s for what is held on the way: from what sockets' buffers swallow within a moment QEMU reckons that
# the rest takes no longer than the guest may stand still, and to send that it keeps its monitor waiting.
HELD_BANDWIDTH = 8


class Link:
    """A relay at 127.0.0.1 to the same port of 127.0.0.2, where the destination is told to listen.
    It passes `limit` bytes and then, as a network that stalls, nothing either way, not even an end,
    until it is let go, or cut. A side that is gone resets the other, as without a relay."""

    def __init__(self, limit=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.limit, self.passed = limit, 0
        self.open, self.held = threading.Event(), threading.Event()
        self.open.set()
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def parameters(self):
        return {"migrate_uri": f"tcp:127.0.0.1:{self.port}", "listen_address": "127.0.0.2"}

    def arguments(self):
        return ["--migrateuri", f"tcp:127.0.0.1:{self.port}", "--listen-address", "127.0.0.2"]

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.2", self.port))
            except OSError:
                return
            self.sockets += [near, far]
            threading.Thread(target=self.relay, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.relay, args=(far, near, False), daemon=True).start()

    def relay(self, source, target, counted):
        try:
            while data := source.recv(65536):
                if counted:
                    self.count(len(data))
                self.open.wait()
                target.sendall(data)
            self.open.wait()
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self.open.wait()
            reset(source)
            reset(target)

    def count(self, length):
        self.passed += length
        if self.limit is not None and self.passed > self.limit and not self.held.is_set():
            self.open.clear()
            self.held.set()

    def let_pass(self, length):
        """So much more, and then it holds again."""
        self.limit = self.passed + length
        self.held.clear()
        self.open.set()

    def let_go(self):
        self.limit = None
        self.open.set()

    def cut(self):
        """Both sides are reset, and nobody gets through again."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # to close it leaves it to who waits in accept
        except OSError:
            pass
        self.listener.close()
        for one in self.sockets:
            reset(one)
        self.let_go()


def reset(one):
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
