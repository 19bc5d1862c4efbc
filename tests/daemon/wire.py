# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hosts as the kernel makes them: network namespaces with a wire between them that can be cut
and stalled, a daemon on each, and the other's daemon reached over the wire only."""

import ctypes
import os
import shutil
import socket
import subprocess
import threading

import harness
import tap

CLONE_NEWNET = 0x40000000
NETWORK = "10.77.0"
HERE, THERE = NETWORK + ".1", NETWORK + ".2"
NOBODYS_MAC = "02:00:00:00:00:99"
ACCESS_PORT = 16509


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Host:
    """A network namespace."""

    def __init__(self, side, address):
        self.name, self.address = f"virtcpu-{os.getpid()}-{side}", address
        run("ip", "netns", "add", self.name)

    def path(self):
        return "/run/netns/" + self.name

    def ip(self, *args):
        run("ip", "-n", self.name, *args)

    def call(self, function):
        """What `function` returns in this namespace; only its thread is there."""
        answer = []

        def visit():
            with open(self.path(), "rb") as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            answer.append(function())

        thread = threading.Thread(target=visit)
        thread.start()
        thread.join()
        return answer[0]

    def daemon(self):
        daemon = harness.Daemon()
        daemon.prefix = ["nsenter", "--net=" + self.path()]
        return daemon

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


class Wire:
    """Two hosts, joined."""

    def __init__(self):
        self.hosts = []
        try:
            for side, address in (("a", HERE), ("b", THERE)):
                self.hosts.append(Host(side, address))
            self.a, self.b = self.hosts
            self.a.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns",
                      self.b.name)
            for host in self.hosts:
                host.ip("address", "add", host.address + "/24", "dev", "wire")
                host.ip("link", "set", "lo", "up")
                host.ip("link", "set", "wire", "up")
        except (OSError, subprocess.CalledProcessError) as reason:
            self.close()
            raise tap.Skip(f"network namespaces cannot be made here: {reason}") from reason

    def cut(self):
        for host in self.hosts:
            host.ip("link", "set", "wire", "down")

    def stall(self):
        """Everything is sent, and nothing arrives: the other side is believed to be elsewhere."""
        for host, other in ((self.a, self.b), (self.b, self.a)):
            host.ip("neighbour", "replace", other.address, "lladdr", NOBODYS_MAC, "dev", "wire",
                    "nud", "permanent")

    def mend(self):
        for host, other in ((self.a, self.b), (self.b, self.a)):
            host.ip("link", "set", "wire", "up")
            subprocess.run(["ip", "-n", host.name, "neighbour", "del", other.address, "dev",
                            "wire"], check=False, capture_output=True)

    def close(self):
        for host in self.hosts:
            host.close()


class Access:
    """How a daemon is reached from the other host: TCP there, its socket here, as ssh does it."""

    def __init__(self, host, daemon):
        self.host, self.daemon = host, daemon
        self.listener = host.call(lambda: socket.create_server(("", ACCESS_PORT)))
        threading.Thread(target=self.accept, daemon=True).start()

    def uri(self):
        return f"qemu+tcp://{self.host.address}:{ACCESS_PORT}/system"

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.daemon.socket)
            except OSError:
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.relay, args=pair, daemon=True).start()

    @staticmethod
    def relay(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def connect_from(self, host, timeout):
        return host.call(lambda: socket.create_connection((self.host.address, ACCESS_PORT),
                                                          timeout))

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


def require():
    harness.require_tools()
    if os.geteuid() != 0:
        tap.skip_all("network namespaces are root's to make")
    for tool in ("ip", "nsenter"):
        if not shutil.which(tool):
            tap.skip_all(f"no {tool} here (iproute2, util-linux)")
