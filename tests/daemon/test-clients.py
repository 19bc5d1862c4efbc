#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A scenario for each client: what a person does with it, against this daemon and a real QEMU. A
client that is not installed is skipped with a message."""

import os
import pty
import re
import select
import shutil
import subprocess
import termios
import threading
import time
import xml.etree.ElementTree as xml

import bootsector
import harness
import tap
from guests import guest

libvirt = harness.need_libvirt()

HERE = os.path.dirname(os.path.abspath(__file__))
VNC = "<graphics type='vnc' port='-1' autoport='yes'/>"


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise tap.Skip(f"no {program} here")


def run(*command, timeout=harness.PATIENCE, **options):
    """Output of a program that has to succeed, both kinds of it."""
    done = subprocess.run(command, capture_output=True, timeout=timeout, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}, **options)
    text = done.stdout.decode() + done.stderr.decode()
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command[:3])}…: {done.returncode}\n{text[-3000:]}")
    return text


def on_display(*command, timeout=harness.PATIENCE):
    need("Xvfb", "xvfb-run", "dbus-run-session")
    return run("xvfb-run", "-a", "dbus-run-session", *command, timeout=timeout)


# ---- virsh ----

# Commands for a domain in either state; what comes out, or "!" and what the refusal says.
ANY_STATE = [
    ("dominfo swept", "Persistent:     yes"), ("domuuid swept", "-"), ("domname {uuid}", "swept"),
    ("dumpxml swept", "<name>swept</name>"), ("dumpxml --inactive swept", "<domain"),
    ("dumpxml --migratable swept", "<domain"), ("domblklist swept", "hda"),
    ("domblklist swept --details", "disk"), ("domiflist swept", ""),
    ("vcpucount swept", "maximum"), ("vcpuinfo swept", "VCPU:"), ("vcpupin swept", "0"),
    ("domblkinfo swept hda", "Capacity:       65536"), ("memtune swept --config", "hard_limit"),
    ("blkiotune swept --config", "weight"), ("blkdeviotune swept hda", "total_bytes_sec"),
    ("perf swept", ""),
    ("domstats swept", "vcpu.maximum"), ("snapshot-list swept", ""),
    ("checkpoint-list swept", ""), ("domstate swept --reason", "("),
    ("desc swept", ""), ("autostart swept", ""), ("autostart swept --disable", ""),
    ("snapshot-info swept nosuch", "!no domain snapshot"),
    ("snapshot-current swept", "!snapshot"), ("domblkinfo swept nosuch", "!invalid path"),
]
RUNNING = [
    ("domid swept", ""), ("domjobinfo swept", "None"), ("dommemstat swept", "rss"), ("domblkstat swept hda", "rd_bytes"),
    ("domblkstat swept", "rd_req"), ("domblkerror swept", "No errors found"),
    ("domcontrol swept", "ok"), ("blockjob swept hda --info", ""),
    ("memtune swept", "!memory controller"), ("blkiotune swept", "!cgroup"), ("domdisplay swept", "vnc://"), ("vncdisplay swept", ":"),
    ("domifaddr swept", ""), ("domdirtyrate-calc swept", ""),
    ("domlaunchsecinfo swept", ""), ("ttyconsole swept", "/dev/pts/"),
    ("blockresize swept hda 128K", ""), ("domstats swept --block", "block.0.rd.reqs"),
    ("qemu-monitor-command swept --hmp info version", "."), ("send-key swept KEY_A", ""),
    ("inject-nmi swept", ""), ("screenshot swept {root}/shot", ""), ("suspend swept", ""),
    ("domstate swept", "paused"), ("resume swept", ""), ("reset swept", ""),
    ("domblkthreshold swept hda 32768", ""), ("domjobabort swept", "!no job is active"),
    ("domifstat swept nosuch", "!not a known interface"), ("cpu-stats swept", "!CPUACCT"),
    ("domhostname swept", "!agent"), ("domtime swept", "!agent"), ("domfsinfo swept", "!agent"),
    ("guestinfo swept", "!agent"), ("domrename swept other", "!cannot rename active domain"),
]
HOST = [
    ("version --daemon", "QEMU"), ("hostname", ""), ("nodeinfo", "CPU model"), ("uri", "qemu"),
    ("freecell --all", "KiB"), ("nodecpumap", "CPUs present"), ("nodecpustats", "user"),
    ("nodememstats", "free"), ("pool-list --all", ""), ("net-list --all", ""),
    ("nodedev-list", ""), ("iface-list --all", ""), ("nwfilter-list", ""),
    ("secret-list", ""), ("maxvcpus", ""), ("domcapabilities", "<domainCapabilities>"),
    ("freepages --all", "KiB"), ("freepages --all --pagesize 4", "4KiB"),
    ("freepages --cellno 9 --pagesize 4", "!out of range"),
    ("freepages --cellno 0 --pagesize 12", "!not available"), ("node-memory-tune", ""),
    ("sysinfo", "!SMBIOS"), ("nodesevinfo", "!does not support SEV"), ("net-info nosuch", "!Network not found"),
    ("pool-info nosuch", "!Storage pool not found"), ("vol-info /nosuch", "!volume not found"),
]


def sweep(daemon, rows, **names):
    wrong = []
    for command, expected in rows:
        result = daemon.try_virsh(*command.format(root=daemon.root, **names).split())
        refused = expected.startswith("!")
        text = result.err if refused else result.out
        if (result.code != 0) != refused or expected.lstrip("!") not in text:
            wrong.append(f"{command}: {result.code} {result.out[-200:]}{result.err[-300:]}")
    tap.equal(wrong, [])


def test_virsh(daemon):
    disk = bootsector.make(daemon.root + "/swept.img")
    daemon.virsh("define", daemon.file(guest("swept", devices=disk + VNC)))
    uuid = daemon.virsh("domuuid", "swept")
    sweep(daemon, HOST)
    sweep(daemon, ANY_STATE, uuid=uuid)
    tap.contains(daemon.refused("dommemstat", "swept"), "not running")
    daemon.virsh("start", "swept")
    sweep(daemon, ANY_STATE, uuid=uuid)
    sweep(daemon, RUNNING)
    daemon.virsh("destroy", "swept")
    daemon.virsh("undefine", "swept")


# ---- libvirt-python ----

def test_libvirt_python(daemon):
    libvirt.virEventRegisterDefaultImpl()
    loop = threading.Thread(target=turn_events, daemon=True)
    loop.start()
    connection = libvirt.open(daemon.uri())
    connection.setKeepAlive(1, 60)
    seen = []
    callback = connection.domainEventRegisterAny(
        None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        lambda conn, dom, event, detail, data: seen.append((dom.name(), event)), None)
    before = len(connection.listAllDomains())
    domain = connection.defineXML(guest("scripted"))
    tap.equal(len(connection.listAllDomains()), before + 1)
    mine = []
    own = connection.domainEventRegisterAny(
        domain, libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, lambda *args: mine.append(1), None)
    domain.create()
    tap.equal((domain.isActive(), domain.state()[0]), (1, libvirt.VIR_DOMAIN_RUNNING))
    domain.suspend()
    tap.equal(domain.state(), [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER])
    domain.resume()
    domain.reset()
    harness.wait_until(lambda: mine, "told of the reset")
    time.sleep(2)  # keepalive goes back and forth meanwhile
    tap.equal(connection.isAlive(), 1)
    [(found, stats)] = connection.getAllDomainStats(0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE)
    tap.equal((found.name(), stats["state.state"]), ("scripted", libvirt.VIR_DOMAIN_RUNNING))
    domain.destroy()
    domain.undefine()
    expected = [("scripted", event) for event in (
        libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_STARTED,
        libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_STOPPED,
        libvirt.VIR_DOMAIN_EVENT_UNDEFINED)]
    harness.wait_until(lambda: ("scripted", libvirt.VIR_DOMAIN_EVENT_UNDEFINED) in seen,
                       "told of the end")
    tap.equal([event for event in seen if event in expected], expected)
    connection.domainEventDeregisterAny(callback)
    connection.domainEventDeregisterAny(own)
    tap.equal(connection.close() >= 0, True)


def turn_events():
    while True:
        libvirt.virEventRunDefaultImpl()


# ---- libvirt-glib ----

def test_libvirt_glib(daemon):
    program = os.environ.get("CLIENT_GLIB", "")
    if not os.path.exists(program):
        raise tap.Skip("the client on libvirt-glib was not built (libvirt-glib-1.0-dev)")
    # what libvirt-glib itself does not free is none of ours
    said = run("env", "ASAN_OPTIONS=detect_leaks=0", program, daemon.uri(), "glibbed",
               daemon.file(guest("glibbed"))).split("\n")
    tap.contains(said, "event added", "event started", "state 1 vcpus 1", "event suspended",
                 "event stopped", "event removed")
    counts = [int(line.split()[1]) for line in said if line.startswith("domains ")]
    tap.equal([count - counts[0] for count in counts], [0, 1, 0])


# ---- virt-install, virt-xml ----

def virt_install(daemon, name, *options, osinfo=True):
    return ["virt-install", "--connect", daemon.uri(), "--name", name, "--memory", "64",
            "--virt-type", "qemu", "--import", *(["--osinfo", "detect=off,require=off"] if osinfo
                                                 else []), *options]


def test_virt_install_boots(daemon):
    need("virt-install")
    bootsector.make(daemon.root + "/installed.img")
    ours, theirs = pty.openpty()
    install = subprocess.Popen(
        virt_install(daemon, "installed", "--disk", daemon.root + "/installed.img,bus=ide",
                     "--network", "user", "--graphics", "none", "--autoconsole", "text"),
        stdin=theirs, stdout=theirs, stderr=subprocess.STDOUT)
    os.close(theirs)
    heard = read_until(ours, b"Escape character")
    # until the console has the terminal, the terminal itself would echo
    harness.wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "a raw terminal")
    os.write(ours, b"are you there\r")
    heard += read_until(ours, b"are you there")
    os.write(ours, b"\x1d")
    tap.equal(install.wait(harness.PATIENCE), 0)
    os.close(ours)
    tap.equal(daemon.virsh("domstate", "installed"), "running")
    tree = daemon.tree("dumpxml", "installed")
    tap.equal(tree.find("devices/interface").get("type"), "user")
    tap.equal(tree.find("devices/disk/target").get("bus"), "ide")
    daemon.virsh("destroy", "installed")
    daemon.virsh("undefine", "installed")


def read_until(fd, end):
    got = b""
    while end not in got:
        if not select.select([fd], [], [], harness.PATIENCE)[0]:
            raise AssertionError(f"no {end!r} in {got[-2000:]!r}")
        try:
            got += os.read(fd, 4096)
        except OSError:
            raise AssertionError(f"no {end!r} before the end of {got[-2000:]!r}") from None
    return got


def test_virt_install_variants(daemon):
    need("virt-install")
    disk = daemon.root + "/variant.img"
    bootsector.make(disk)
    text = run(*virt_install(daemon, "printed", "--disk", disk, "--network", "none",
                             "--print-xml"))
    tree = xml.fromstring(text[text.index("<domain"):text.rindex("</domain>") + 9])
    tap.equal(tree.find("devices/disk/source").get("file"), disk)
    tap.lacks(daemon.virsh("list", "--all", "--name"), "printed")
    run(*virt_install(daemon, "quiet", "--disk", disk, "--network", "none", "--noreboot",
                      "--noautoconsole", "--graphics", "vnc"))
    tap.equal(daemon.virsh("domstate", "quiet"), "shut off")
    daemon.virsh("undefine", "quiet")
    run(*virt_install(daemon, "passing", "--disk", "none", "--network", "none", "--transient",
                      "--noautoconsole", "--graphics", "none", "--boot", "hd"))
    daemon.virsh("destroy", "passing")
    # what cannot be had is said, and nothing is left behind
    done = subprocess.run(virt_install(daemon, "never", "--disk", daemon.root + "/new.img,size=1",
                                       "--network", "none", "--noautoconsole"),
                          capture_output=True, timeout=harness.PATIENCE, check=False)
    tap.equal(done.returncode != 0, True)
    tap.contains(done.stderr.decode(), "virtcpud manages no storage")
    tap.lacks(daemon.virsh("list", "--all", "--name"), "never", "passing", "quiet")


def test_virt_xml(daemon):
    need("virt-xml")
    daemon.virsh("define", daemon.file(guest("edited")))
    base = ["virt-xml", "--connect", daemon.uri(), "edited"]
    text = run(*base, "--edit", "--cpu", "Nehalem", "--print-diff")
    tap.contains(text, "-", "+", "Nehalem")
    tap.lacks(daemon.virsh("dumpxml", "edited"), "Nehalem")
    run(*base, "--edit", "--cpu", "Nehalem")
    tap.contains(daemon.virsh("dumpxml", "edited"), "Nehalem")
    run(*base, "--add-device", "--network", "user,model=e1000")
    tap.contains(daemon.virsh("dumpxml", "edited"), "<model type='e1000'/>")
    run(*base, "--edit", "--metadata", "title=Edited,description=By virt-xml")
    tap.equal(daemon.virsh("desc", "edited", "--title"), "Edited")
    run(*base, "--remove-device", "--network", "1")
    tap.lacks(daemon.virsh("dumpxml", "edited"), "e1000")
    daemon.virsh("undefine", "edited")


# ---- virt-manager, virt-viewer ----

def test_virt_manager(daemon):
    need("virt-manager")
    daemon.virsh("define", daemon.file(guest("managed", devices=VNC)))
    said = on_display("/usr/bin/python3", os.path.join(HERE, "virt_manager_session.py"),
                      daemon.uri(), "managed", timeout=7 * harness.PATIENCE)
    words = re.findall(r"^(connected|listed|shown|started|paused|resumed|stopped)$", said, re.M)
    tap.equal(words, ["connected", "listed", "shown", "started", "paused", "resumed", "stopped"])
    daemon.virsh("undefine", "managed")


def test_virt_viewer(daemon):
    need("virt-viewer")
    need("Xvfb", "xvfb-run", "dbus-run-session")
    daemon.virsh("create", daemon.file(guest("viewed", devices=VNC)))
    viewer = subprocess.Popen(
        ["xvfb-run", "-a", "dbus-run-session", "virt-viewer", "-c", daemon.uri(), "--attach",
         "--debug", "viewed"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    timer = threading.Timer(harness.PATIENCE, viewer.terminate)
    timer.start()
    for line in viewer.stdout:
        said.append(line)
        if "desktop resize" in line:  # a picture came through the descriptor
            break
    timer.cancel()
    # it ends with its guest
    daemon.virsh("destroy", "viewed")
    viewer.stdout.close()
    viewer.wait(harness.PATIENCE)
    tap.contains("".join(said[-40:]), "desktop resize")
    tap.contains("".join(said), "After open connection callback fd=")


if __name__ == "__main__":
    harness.main(globals())
