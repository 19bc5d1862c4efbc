#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles, channels, screenshots and graphics, with libvirt's own client library."""

import os
import pty
import select
import socket
import struct
import subprocess
import termios

import harness
import rpc
import tap
from consoles import (CONTINUE, OPEN_CONSOLE, can_open, domain_bytes, flooded_client, open_console,
                      receive_until, start)
from guests import guest
from watcher import Watcher

libvirt = harness.need_libvirt()

SCREENSHOT = 211
VIDEO = "<video><model type='vga'/></video>"
CHANNEL = "<channel type='unix'><target type='virtio' name='org.test.port'/></channel>"


def test_console_works_both_ways(daemon):
    connection, domain = start(daemon, "both")
    stream = open_console(connection, domain)
    stream.send(b"ping 1\n")
    receive_until(stream, b"ping 1\n")
    stream.finish()
    # by alias, and once more after the first is over
    stream = open_console(connection, domain, "serial0")
    stream.send(b"ping 2\n")
    receive_until(stream, b"ping 2\n")
    stream.abort()
    domain.destroy()
    connection.close()


def test_one_console_at_a_time(daemon):
    connection, domain = start(daemon, "alone")
    other = libvirt.open(daemon.uri())
    first = open_console(connection, domain)
    text = harness.refused(libvirt.VIR_ERR_OPERATION_FAILED, open_console, other,
                   other.lookupByName("alone"))
    tap.contains(text, "Active console session exists for this domain")
    second = open_console(other, other.lookupByName("alone"), None,
                          libvirt.VIR_DOMAIN_CONSOLE_FORCE)
    second.send(b"mine\n")
    receive_until(second, b"mine\n")
    try:
        while first.recv(65536):
            pass
        raise AssertionError("the console that was taken over ended without an error")
    except libvirt.libvirtError as error:
        tap.contains(str(error), "another client took it over")
    second.abort()
    tap.equal(can_open(connection, domain), True)
    domain.destroy()
    connection.close()


def test_wrong_consoles(daemon):
    connection, domain = start(daemon, "wrong", "<serial type='null'/>")
    text = harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, open_console, connection, domain, "nosuch")
    tap.contains(text, "cannot find character device nosuch")
    text = harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, open_console, connection, domain, "serial1")
    tap.contains(text, "character device serial1 is not using a PTY")
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, open_console, connection, domain, None, 64)
    harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, domain.openChannel, "nosuch", connection.newStream(0))
    domain.destroy()
    harness.refused(libvirt.VIR_ERR_NO_DOMAIN, open_console, connection, domain)
    off = connection.defineXML(guest("off", devices="<serial type='pty'/>"))
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, open_console, connection, off)
    # nothing of this may be opened read-only
    read_only = rpc.Client(daemon.socket + "-ro")
    payload = rpc.string("off") + off.UUID() + struct.pack(">i", -1) + rpc.optional(None) + rpc.uint(0)
    tap.equal(rpc.refused(read_only.call, OPEN_CONSOLE, payload).code, 29)
    connection.close()


def test_end_of_the_guest_ends_the_stream(daemon):
    connection, domain = start(daemon, "mortal")
    stream = open_console(connection, domain)
    stream.send(b"alive\n")
    receive_until(stream, b"alive\n")
    domain.destroy()
    while stream.recv(65536):
        pass
    stream.finish()
    connection.close()


def test_virsh_console(daemon):
    connection, domain = start(daemon, "typed")
    ours, theirs = pty.openpty()
    virsh = subprocess.Popen(daemon.virsh_command("console", "typed"), stdin=theirs, stdout=theirs,
                             stderr=subprocess.STDOUT, close_fds=True)
    os.close(theirs)
    harness.wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "raw keys")
    os.write(ours, b"typed by hand\r")
    read_terminal(ours, b"typed by hand")
    os.write(ours, b"\x1d")  # ^]
    tap.equal(virsh.wait(harness.PATIENCE), 0)
    os.close(ours)
    domain.destroy()
    connection.close()


def read_terminal(fd, end):
    got = b""
    while end not in got:
        if not select.select([fd], [], [], harness.PATIENCE)[0]:
            raise AssertionError(f"no {end!r} in {got!r}")
        got += os.read(fd, 4096)


def test_many_streams_and_sudden_ends(daemon):
    connection, domain = start(daemon, "many", VIDEO)
    for _ in range(20):
        client, _ = flooded_client(daemon, domain)
        client.close()
        harness.wait_until(lambda: can_open(connection, domain), "the console is free")
    streams = []
    for _ in range(64):
        stream = connection.newStream(0)
        domain.screenshot(stream, 0)
        streams.append(stream)
    text = harness.refused(libvirt.VIR_ERR_OPERATION_FAILED, domain.screenshot, connection.newStream(0), 0)
    tap.contains(text, "64 streams")
    for stream in streams:
        stream.abort()
    domain.destroy()
    connection.close()


def test_wrong_stream_packets(daemon):
    connection, domain = start(daemon, "odd")
    client = rpc.Client(daemon.socket)

    def packet(kind, status, payload=b"", serial=None, procedure=OPEN_CONSOLE):
        client.send(rpc.HEADER.pack(rpc.HEADER.size + len(payload), rpc.REMOTE, 1, procedure, kind,
                                    client.serial if serial is None else serial, status) + payload)

    packet(rpc.STREAM, CONTINUE, b"for nobody", serial=77)
    packet(6, CONTINUE, bytes(12), serial=77)
    client.call(OPEN_CONSOLE, domain_bytes(domain) + rpc.optional(None) + rpc.uint(0))
    packet(rpc.STREAM, CONTINUE, b"for another", procedure=SCREENSHOT)
    packet(6, CONTINUE, bytes(12))  # a hole in a console
    head, payload = client.receive()
    while head[6] == CONTINUE:
        head, payload = client.receive()
    tap.equal(head[6], rpc.ERROR)
    tap.contains(str(rpc.RpcError(payload)), "hole")
    client.call(OPEN_CONSOLE, domain_bytes(domain) + rpc.optional(None) + rpc.uint(0))
    packet(rpc.STREAM, 9)
    head, payload = client.receive()
    while head[6] == CONTINUE:
        head, payload = client.receive()
    tap.contains(str(rpc.RpcError(payload)), "unexpected status")
    client.call(rpc.GET_HOSTNAME)
    client.close()
    domain.destroy()
    connection.close()


def test_console_outlives_the_daemon(daemon):
    connection, domain = start(daemon, "lasting")
    path = connection.lookupByName("lasting").XMLDesc()
    connection.close()
    daemon.kill()
    daemon.start()
    connection = libvirt.open(daemon.uri())
    domain = connection.lookupByName("lasting")
    tap.equal(domain.XMLDesc(), path)
    stream = open_console(connection, domain)
    stream.send(b"again\n")
    receive_until(stream, b"again\n")
    stream.finish()
    domain.destroy()
    connection.close()


def test_channel(daemon):
    connection, domain = start(daemon, "port", CHANNEL)
    stream = connection.newStream(0)
    domain.openChannel("org.test.port", stream)
    text = harness.refused(libvirt.VIR_ERR_OPERATION_FAILED, domain.openChannel, None,
                   connection.newStream(0))
    tap.contains(text, "Active channel stream exists for this domain")
    stream.send(b"nobody reads this")
    stream.abort()
    domain.openChannel(None, connection.newStream(0), libvirt.VIR_DOMAIN_CHANNEL_FORCE)
    domain.destroy()
    connection.close()


def picture_size(data):
    """Width and height of a PNG or a PPM."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        tap.equal(data.endswith(b"IEND\xaeB`\x82"), True)
        return struct.unpack(">II", data[16:24])
    tap.equal(data[:2], b"P6")
    width, height = map(int, data.split(b"\n")[1].split())
    tap.equal(len(data) - data.index(b"255\n") - 4, width * height * 3)
    return width, height


def test_screenshot(daemon):
    connection, domain = start(daemon, "shown", VIDEO)
    stream = connection.newStream(0)
    mime = domain.screenshot(stream, 0)
    data = b""
    while part := stream.recv(65536):
        data += part
    stream.finish()
    tap.equal(mime, "image/png" if data[:4] == b"\x89PNG" else "image/x-portable-pixmap")
    width, height = picture_size(data)
    tap.equal(width >= 320 and height >= 200, True)
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.screenshot, connection.newStream(0), 7)
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, domain.screenshot, connection.newStream(0), 0, 1)
    daemon.virsh("screenshot", "shown", daemon.root + "/shot")
    tap.equal(os.path.getsize(daemon.root + "/shot") > 100, True)
    domain.destroy()
    connection.close()


def test_no_screen(daemon):
    connection, domain = start(daemon, "blind", "<video><model type='none'/></video>")
    harness.refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, domain.screenshot, connection.newStream(0), 0)
    domain.destroy()
    connection.close()


VNC = "<graphics type='vnc' port='-1' autoport='yes' passwd='secret'/>"


def handshake(fd):
    """The beginning of RFB on fd; the security types that are offered."""
    with socket.socket(fileno=fd) as peer:
        peer.settimeout(harness.PATIENCE)
        version = b""
        while len(version) < 12:
            version += peer.recv(12 - len(version))
        tap.equal(version, b"RFB 003.008\n")
        peer.sendall(version)
        return peer.recv(peer.recv(1)[0])


def test_graphics(daemon):
    connection, domain = start(daemon, "seen", VNC)
    watcher = Watcher(daemon, "--all")
    tap.equal(handshake(domain.openGraphicsFD(0, 0)), b"\x02")  # VNC authentication
    tap.equal(handshake(domain.openGraphicsFD(0, libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)),
              b"\x01")  # none
    ours, theirs = socket.socketpair()
    domain.openGraphics(0, theirs.fileno(), libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
    theirs.close()
    tap.equal(handshake(ours.detach()), b"\x01")
    said = [text for text in watcher.until("disconnect") if text.startswith("graphics")]
    tap.contains(said[0], "graphics seen: connect", "local[", "remote[")
    harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, domain.openGraphicsFD, 1, 0)
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, domain.openGraphicsFD, 0, 8)
    reader, writer = os.pipe()
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, domain.openGraphics, 0, writer, 0)
    os.close(reader)
    os.close(writer)
    domain.destroy()
    connection.close()


if __name__ == "__main__":
    harness.main(globals())
