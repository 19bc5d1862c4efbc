#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon may end at any moment; what it acknowledged stays, and QEMUs run on."""

import glob
import json
import os
import subprocess

import harness
import tap
from guests import guest


def test_guest_survives_kill(daemon):
    daemon.virsh("define", daemon.file(guest("survivor", devices="<graphics type='vnc'/>")))
    daemon.virsh("start", "survivor")
    tap.lacks(daemon.virsh("dumpxml", "survivor"), "port='-1'")
    number, live = daemon.virsh("domid", "survivor"), daemon.virsh("dumpxml", "survivor")
    [pid] = daemon.children()
    daemon.kill()
    daemon.start()
    tap.equal(daemon.children(), [pid])
    tap.equal(daemon.virsh("domstate", "survivor").split()[0], "running")
    tap.equal(daemon.virsh("domid", "survivor"), number)
    tap.equal(daemon.virsh("dumpxml", "survivor"), live)
    tap.contains(daemon.virsh("qemu-monitor-command", "survivor", "query-status"), "running")


def test_guest_survives_sigterm(daemon):
    daemon.stop()
    [pid] = daemon.children()
    daemon.start()
    daemon.virsh("suspend", "survivor")
    tap.equal(daemon.virsh("domstate", "survivor", "--reason"), "paused (user)")
    tap.equal(daemon.children(), [pid])


def test_guest_that_ended_meanwhile(daemon):
    [pid] = daemon.children()
    daemon.kill()
    os.kill(pid, harness.signal.SIGKILL)
    harness.wait_until(lambda: not daemon.children(), "QEMU gone")
    daemon.start()
    tap.contains(daemon.virsh("domstate", "survivor"), "shut off")
    daemon.virsh("start", "survivor")
    daemon.virsh("destroy", "survivor")


# A disk of which no byte can be read stops the guest as soon as its firmware looks at it.
BAD_DISK = """<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'>
    <arg value='-blockdev'/>
    <arg value='driver=blkdebug,node-name=bad,image.driver=null-co,image.size=1048576,\
inject-error.0.event=none'/>
    <arg value='-device'/>
    <arg value='virtio-blk-pci,drive=bad,bus=pci.0,addr=0x1e,bootindex=1,rerror=stop'/>
  </commandline>"""


def test_guest_that_stood_still_meanwhile(daemon):
    """What QEMU knows of why is believed; and such a guest did run, so a migration that was about to
    let it run is finished, not taken back."""
    daemon.virsh("create", daemon.file(guest("halted", extra=BAD_DISK)))
    harness.wait_until(lambda: daemon.virsh("domstate", "halted", "--reason") ==
                       "paused (I/O error)", "the disk was read")
    [pid] = daemon.children()
    daemon.kill()
    path = daemon.root + "/run/qemu/halted.json"
    with open(path, encoding="utf-8") as file:
        status = json.load(file)
    status |= {"state": 3, "reason": 2, "operation": {"kind": "migration-in", "phase": 2,
                                                      "resume": True, "path": None}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(status, file)
    daemon.start()
    tap.equal(daemon.virsh("domstate", "halted", "--reason"), "paused (I/O error)")
    tap.equal(daemon.children(), [pid])
    tap.equal(daemon.virsh("domjobinfo", "halted").split(), ["Job", "type:", "None"])
    daemon.virsh("destroy", "halted")


def test_transient_guest_survives(daemon):
    daemon.virsh("create", daemon.file(guest("passing")))
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("list", "--transient", "--name"), "passing")
    daemon.virsh("destroy", "passing")
    tap.lacks(daemon.virsh("list", "--all", "--name"), "passing")


def test_definitions_survive(daemon):
    kept = daemon.virsh("dumpxml", "survivor", "--inactive")
    daemon.virsh("autostart", "survivor")
    daemon.virsh("autostart", "survivor", "--disable")
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("dumpxml", "survivor", "--inactive"), kept)
    daemon.virsh("undefine", "survivor")
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("list", "--all"), "")


def test_autostart(daemon):
    daemon.virsh("define", daemon.file(guest("early")))
    daemon.virsh("autostart", "early")
    daemon.stop()
    daemon.start()
    tap.equal(daemon.virsh("domstate", "early"), "shut off")  # this boot has had its autostart
    daemon.stop()
    os.unlink(daemon.root + "/run/qemu/autostarted")
    daemon.start()
    harness.wait_until(lambda: daemon.virsh("domstate", "early") == "running", "autostarted")
    daemon.virsh("destroy", "early")
    daemon.virsh("undefine", "early")


def cache_files(daemon):
    return [p for p in glob.glob(daemon.root + "/cache/**", recursive=True) if os.path.isfile(p)]


def test_torn_cache(daemon):
    daemon.virsh("domcapabilities", "--virttype", "qemu")
    asked = daemon.virsh("capabilities")
    files = cache_files(daemon)
    tap.equal(files != [], True)
    for damage in (lambda data: data[:len(data) // 2], lambda data: b"",
                   lambda data: b"\xff" * len(data), lambda data: b'{"version":[{}]}',
                   lambda data: data[1:]):
        daemon.kill()
        for path in files:
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(damage(data))
        daemon.start()
        tap.equal(daemon.virsh("capabilities"), asked)


def test_unreadable_definition_costs_only_itself(daemon):
    daemon.virsh("define", daemon.file(guest("good")))
    [kept] = glob.glob(daemon.root + "/etc/**/good.xml", recursive=True)
    daemon.stop()
    torn = os.path.join(os.path.dirname(kept), "torn.xml")
    with open(torn, "w", encoding="ascii") as file:
        file.write("<domain><name>torn</na")
    daemon.start()
    tap.equal(daemon.virsh("list", "--all", "--name"), "good")
    tap.contains(daemon.log_text(), "torn.xml")
    tap.equal(os.path.exists(torn), True)
    os.unlink(torn)
    daemon.virsh("undefine", "good")


def test_second_daemon_on_the_same_root(daemon):
    done = subprocess.run([harness.VIRTCPUD, "--root", daemon.root], capture_output=True,
                          timeout=harness.PATIENCE, check=False)
    tap.equal(done.returncode != 0, True)
    tap.contains(done.stderr.decode(), daemon.root)
    tap.equal(daemon.virsh("list", "--all"), "")


if __name__ == "__main__":
    harness.main(globals())
