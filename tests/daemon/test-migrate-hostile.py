#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever is not what he says, at a daemon or at the port where a guest is to arrive, gets nothing
in and keeps nobody out."""

import glob
import itertools
import os
import re
import socket
import threading

import harness
import rpc
import tap
from migration import Migration, names
from pair import main

LISTENS = "0A"  # in /proc/net/tcp


def begun(pair, name):
    """A migration that has begun of a guest that is made for it."""
    pair.create(name)
    migration = Migration(pair.a, pair.b, name)
    migration.begin()
    return migration


def given_up(pair, migration):
    """The guest runs on at the source."""
    migration.confirm(cancelled=1)
    migration.close()
    tap.equal(pair.a.virsh("domstate", migration.name), "running")


def arrived(pair, migration):
    """What was prepared for goes through all the same."""
    tap.equal(migration.go_on(2), None)
    migration.close()
    pair.check_arrived(migration.name)


def check_refused_prepare(pair, migration, *words):
    tap.contains(rpc.refused(migration.prepare).message, *words)
    pair.check_nothing_arrived()


def test_hostile_cookies(pair):
    good = begun(pair, "target")
    cookie = good.cookie
    garbled = [
        (b"", "NULL terminated"),
        (cookie[:-1], "NULL terminated"),
        (cookie[:200] + b"\0", ""),
        (b"<domain/>\0", "qemu-migration"),
        (cookie.replace(good.uuid.encode(), b"99999999-0000-0000-0000-000000000009"), "UUID"),
        (cookie.replace(b"<hostname>", b"<feature name='warp'/><hostname>"), "warp"),
        (cookie.replace(b"<hostname>", b"<feature name='nbd'/><hostname>"), "nbd"),
        (re.sub(rb"abi='\w{8}", b"abi='00000000", cookie), "not what its source sent"),
        (re.sub(rb"daemon='[^']*'", b"daemon='qemu+ext:///system?command=/bin/sh'", cookie),
         "local socket"),
        (re.sub(rb"<cpu .*?</cpu>", b"<cpu mode='warped'/>", cookie, flags=re.DOTALL), ""),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y 'z'>]>" + cookie, "DOCTYPE"),
        (os.urandom(5000) + b"\0", ""),
        (b"<qemu-migration>" * 5000 + b"\0", ""),
    ]
    for bad, words in garbled:
        good.cookie = bad
        check_refused_prepare(pair, good, words)
    given_up(pair, good)


def test_foreign_definition(pair):
    migration = begun(pair, "target")
    xml = migration.xml
    for change in ((">32768</memory>", ">65536</memory>"), ("</vcpu>", "0</vcpu>"),
                   ("memballoon model='virtio'", "memballoon model='none'"),
                   ("<name>target<", "<name>an/other<"), ("</domain>", "")):
        migration.xml = xml.replace(*change)
        tap.equal(migration.xml != xml, True)
        check_refused_prepare(pair, migration)
    given_up(pair, migration)


def replayed(source, destination, migration, cookie):
    """What is said to a second prepare with the first one's cookie."""
    again = Migration(source, destination, migration.name)
    again.cookie, again.xml = cookie, migration.xml
    error = rpc.refused(again.prepare)
    again.close()
    return error.message


def test_replayed_prepare(pair):
    migration = begun(pair, "target")
    cookie = migration.cookie
    migration.prepare()
    tap.contains(replayed(pair.a, pair.b, migration, cookie), "already active")
    arrived(pair, migration)
    tap.contains(replayed(pair.b, pair.a, migration, cookie), "same host")


def listeners(port):
    """The sockets that listen at port; the next moment it may be somebody else's."""
    rows = [line.split() for table in glob.glob("/proc/net/tcp*")
            for line in harness.open_text(table).splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows
            if row[3] == LISTENS and int(row[1].split(":")[1], 16) == port}


def is_held(daemon, sockets):
    """TRUE when the daemon, or a QEMU of its, has one of sockets open."""
    for pid in (daemon.process.pid, *daemon.children()):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if os.readlink(f"/proc/{pid}/fd/{name}") in sockets:
                    return True
            except FileNotFoundError:  # it was closed meanwhile
                pass
    return False


def test_strangers_at_the_port(pair):
    """Who does not know the secret reaches nothing, and harms nobody."""
    migration = begun(pair, "door")
    migration.prepare()
    for data in (b"", b"QEVM\0\0\0\3", b"GET / HTTP/1.0\r\n\r\n", os.urandom(4096)):
        with socket.create_connection(("127.0.0.1", migration.port())) as stranger:
            stranger.settimeout(harness.PATIENCE)
            try:
                stranger.sendall(data)
                stranger.shutdown(socket.SHUT_WR)
                tap.equal(stranger.recv(1), b"")
            except OSError:
                pass
    tap.equal(pair.b.virsh("domstate", "door", "--reason"), "paused (migrating)")
    tap.equal(is_held(pair.b, listeners(migration.port())), True)
    arrived(pair, migration)
    tap.equal(is_held(pair.b, listeners(migration.port())), False)


def test_wrong_secret(pair):
    """Another migration's secret opens nothing, and the right one still does after it."""
    migration = begun(pair, "secret")
    migration.prepare()
    cookie = migration.cookie
    migration.cookie = re.sub(rb"secret='\w{8}", b"secret='00000000", cookie)
    tap.equal(migration.cookie != cookie, True)
    tap.contains(rpc.refused(migration.perform).message, "does not let this migration in")
    tap.equal(pair.a.virsh("domstate", "secret"), "running")
    migration.begin()
    migration.cookie = cookie
    arrived(pair, migration)


def test_crowd_at_the_port(pair):
    """Callers who say nothing, or a byte at a time, keep nobody out."""
    migration = begun(pair, "crowded")
    migration.prepare()
    crowd = [socket.create_connection(("127.0.0.1", migration.port())) for _ in range(30)]
    done = threading.Event()

    def drip():
        for caller in itertools.cycle(crowd):
            if done.wait(0.005):
                return
            try:
                caller.send(b"v")
            except OSError:
                pass  # it was sent away

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    arrived(pair, migration)
    done.set()
    dripping.join()
    for caller in crowd:
        caller.close()


def test_out_of_order(pair):
    pair.create("order")
    migration = Migration(pair.a, pair.b, "order")
    migration.uri = "tcp:127.0.0.1:49152"
    for phase, words in ((migration.confirm, "no operation"), (migration.finish, "no domain"),
                         (migration.perform, "")):
        tap.contains(rpc.refused(phase).message, words)
    migration.begin()
    tap.contains(rpc.refused(migration.confirm).message, "was not sent")  # the guest would be lost
    migration.begin()
    migration.prepare()
    migration.cookie = migration.begun
    tap.contains(rpc.refused(migration.finish).message, "was not sent")  # it would run without it
    given_up(pair, migration)
    tap.equal(pair.b.virsh("list", "--all", "--name"), "")


def test_cookie_says_who(pair):
    migration = begun(pair, "signed")
    seen = names(migration.cookie)
    tap.equal(seen["name"], "signed")
    tap.equal(seen["uuid"], migration.uuid)
    tap.contains(" ".join(seen), "passport", "cpu", "capabilities", "sender")
    given_up(pair, migration)


if __name__ == "__main__":
    main(globals())
