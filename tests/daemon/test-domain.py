#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a domain, from definition to the end."""

import json
import os
import re
import uuid

import harness
import tap
from guests import WESTMERE, guest

CONFIG = "<title>A title</title><description>Words &amp; more</description>" \
    "<metadata><a:b xmlns:a='urn:a'>kept</a:b></metadata>"


def define(daemon, name, **options):
    daemon.virsh("define", daemon.file(guest(name, **options), name + ".xml"))


def state(daemon, name):
    return daemon.virsh("domstate", name, "--reason")


def test_define_and_look_up(daemon):
    number = str(uuid.uuid4())
    define(daemon, "kept", uuid=number, extra=CONFIG, vcpus=2)
    tap.equal(daemon.virsh("domuuid", "kept"), number)
    tap.equal(daemon.virsh("domname", number), "kept")
    tap.equal(daemon.virsh("domid", "kept"), "-")
    tap.equal(state(daemon, "kept"), "shut off (unknown)")
    tap.equal(daemon.virsh("list", "--all").split(), ["-", "kept", "shut", "off"])
    tap.equal(daemon.virsh("list"), "")
    info = dict(re.findall(r"^(.*?):\s+(.*)$", daemon.virsh("dominfo", "kept"), re.M))
    tap.equal([info[k] for k in ("Name", "UUID", "State", "CPU(s)", "Max memory", "Persistent")],
              ["kept", number, "shut off", "2", "32768 KiB", "yes"])


def test_definition_is_kept(daemon):
    document = daemon.virsh("dumpxml", "kept", "--inactive")
    harness.validate(document, ("domain.rng", "domain.rng"))
    tap.contains(document, "<title>A title</title>", "<description>Words &amp; more</description>",
                 "kept</a:b>", "<model fallback='forbid'>Westmere-v1</model>", "check='full'")
    again = daemon.file(document, "again.xml")
    daemon.virsh("define", again)
    tap.equal(daemon.virsh("dumpxml", "kept", "--inactive"), document)


def test_secrets_are_shown_on_demand_only(daemon):
    define(daemon, "secret", devices="<graphics type='vnc' passwd='sesame'/>")
    tap.lacks(daemon.virsh("dumpxml", "secret"), "sesame")
    tap.contains(daemon.virsh("dumpxml", "secret", "--security-info"), "passwd='sesame'")
    daemon.virsh("undefine", "secret")


def test_names_and_uuids_are_unique(daemon):
    number = daemon.virsh("domuuid", "kept")
    said = daemon.refused("define", daemon.file(guest("kept", uuid=str(uuid.uuid4()))))
    tap.contains(said, "domain 'kept' already exists with uuid " + number)
    said = daemon.refused("define", daemon.file(guest("other", uuid=number)))
    tap.contains(said, "domain 'kept' is already defined with uuid " + number)
    tap.equal(daemon.virsh("list", "--all", "--name").split(), ["kept"])


def test_life(daemon):
    daemon.virsh("start", "kept", "--paused")
    tap.equal(state(daemon, "kept"), "paused (user)")
    daemon.virsh("resume", "kept")
    tap.equal(state(daemon, "kept"), "running (unpaused)")
    daemon.virsh("suspend", "kept")
    tap.equal(state(daemon, "kept"), "paused (user)")
    daemon.virsh("resume", "kept")
    for verb in ("reset", "reboot", "shutdown"):  # no system runs in there to answer the last two
        daemon.virsh(verb, "kept")
        tap.equal(state(daemon, "kept").startswith("running"), True)
    tap.equal(int(daemon.virsh("domid", "kept")) > 0, True)
    tap.equal(len(daemon.children()), 1)
    daemon.virsh("destroy", "kept")
    tap.equal(state(daemon, "kept"), "shut off (destroyed)")
    tap.equal(daemon.children(), [])


def test_start(daemon):
    daemon.virsh("start", "kept")
    tap.equal(state(daemon, "kept"), "running (booted)")
    tap.contains(daemon.refused("start", "kept"), "Domain is already active")


def test_vcpus(daemon):
    first = daemon.virsh("vcpuinfo", "kept").split("\n\n")[0]
    info = dict(line.split(":", 1) for line in first.splitlines())
    tap.equal([info[key].strip() for key in ("VCPU", "State")], ["0", "running"])
    tap.equal(int(info["CPU"]) in os.sched_getaffinity(0), True)
    tap.equal(float(info["CPU time"].strip().rstrip("s")) >= 0, True)
    tap.equal(set(info["CPU Affinity"].strip()) <= {"y", "-"}, True)
    pins = [line.split() for line in daemon.virsh("vcpupin", "kept").splitlines()]
    tap.equal([number for number, _ in pins], ["0", "1"])
    tap.contains(daemon.virsh("vcpucount", "kept"), "live")
    tap.contains(daemon.virsh("dominfo", "kept"), "Security model: none")


def test_live_cpu_is_exact(daemon):
    live = daemon.virsh("dumpxml", "kept")
    harness.validate(live, ("domain.rng", "domain.rng"))
    cpu = harness.xml.fromstring(live).find("cpu")
    tap.equal(cpu.get("check"), "full")
    tap.equal(cpu.findtext("model"), "Westmere-v1")
    required = {f.get("name") for f in cpu.findall("feature") if f.get("policy") == "require"}
    # TCG gives every guest these two on top of the model
    tap.contains(required, "hypervisor")
    inactive = daemon.virsh("dumpxml", "kept", "--inactive")
    tap.lacks(inactive, "hypervisor")


def test_monitor(daemon):
    reply = json.loads(daemon.virsh("qemu-monitor-command", "--pretty", "kept", "query-status"))
    tap.equal(reply["return"]["status"], "running")
    said = daemon.virsh("qemu-monitor-command", "kept", "--hmp", "info status")
    tap.contains(said, "VM status: running")
    reply = json.loads(daemon.virsh("qemu-monitor-command", "kept", '{"execute":"query-cpus-fast"}'))
    tap.equal(len(reply["return"]), 2)
    tap.contains(daemon.virsh("qemu-monitor-command", "kept", '{"execute":"nosuch"}'), "CommandNotFound")


def test_undefine_running_leaves_it_transient(daemon):
    daemon.virsh("undefine", "kept")
    tap.contains(daemon.virsh("dominfo", "kept"), "Persistent:     no")
    daemon.virsh("destroy", "kept")
    tap.contains(daemon.refused("domstate", "kept"), "failed to get domain 'kept'")


def test_transient(daemon):
    daemon.virsh("create", daemon.file(guest("passing")))
    tap.equal(state(daemon, "passing"), "running (booted)")
    tap.equal(daemon.virsh("list", "--transient", "--name"), "passing")
    daemon.virsh("destroy", "passing")
    tap.equal(daemon.virsh("list", "--all"), "")


def test_native_arguments(daemon):
    line = daemon.virsh("domxml-to-native", "qemu-argv", daemon.file(guest("argv")))
    tap.contains(line, harness.QEMU, "-cpu 'base,vendor=GenuineIntel,family=6,", "-accel tcg", "-S")
    tap.equal(daemon.virsh("list", "--all"), "")


def test_update_cpu(daemon):
    define(daemon, "model", cpu="<cpu mode='host-model' check='partial'/>")
    tap.contains(daemon.virsh("dumpxml", "model"), "mode='host-model'")
    cpu = harness.xml.fromstring(daemon.virsh("dumpxml", "model", "--update-cpu")).find("cpu")
    tap.equal(cpu.get("mode"), "custom")
    tap.equal(bool(cpu.findtext("model")), True)
    daemon.virsh("undefine", "model")


def feature(name, policy="require"):
    return WESTMERE.replace("</cpu>", f"<feature policy='{policy}' name='{name}'/></cpu>")


def test_promise_that_cannot_be_kept(daemon):
    for check in ("full", "partial"):
        define(daemon, "liar", cpu=feature("avx512f").replace("full", check))
        tap.contains(daemon.refused("start", "liar"), "avx512f")
        tap.equal(state(daemon, "liar").startswith("shut off"), True)
    tap.equal(daemon.children(), [])
    define(daemon, "liar", cpu=feature("avx512f").replace("full", "none"))
    daemon.virsh("start", "liar")
    daemon.virsh("destroy", "liar")
    daemon.virsh("undefine", "liar")


def test_disabled_feature_is_gone(daemon):
    define(daemon, "less", cpu=feature("aes", "disable"))
    daemon.virsh("start", "less")
    cpu = daemon.tree("dumpxml", "less").find("cpu")
    tap.equal([f.get("policy") for f in cpu.findall("feature") if f.get("name") == "aes"],
              ["disable"])
    daemon.virsh("destroy", "less")
    daemon.virsh("undefine", "less")


def test_every_mode_starts(daemon):
    for mode in ("host-model", "maximum"):
        define(daemon, "mode", cpu=f"<cpu mode='{mode}'/>")
        daemon.virsh("start", "mode")
        daemon.virsh("destroy", "mode")
    define(daemon, "mode", cpu="")
    daemon.virsh("start", "mode")
    tap.equal(daemon.tree("dumpxml", "mode").find("cpu") is not None, True)
    daemon.virsh("destroy", "mode")
    daemon.virsh("undefine", "mode")


def test_kvm_guest(daemon):
    if not harness.kvm.usable():
        raise tap.Skip("no usable /dev/kvm here")
    for cpu in ("<cpu mode='host-passthrough'/>", "<cpu mode='host-model' check='full'/>"):
        define(daemon, "kvm", cpu=cpu, kind="kvm")
        daemon.virsh("start", "kvm")
        daemon.virsh("destroy", "kvm")
    daemon.virsh("undefine", "kvm")


def test_disks_consoles_and_network(daemon):
    disk = daemon.file("\0" * 512 * 64, "disk.img")
    console = daemon.root + "/console.log"
    define(daemon, "full", extra="<features><acpi/><apic/></features><clock offset='utc'/>",
           devices=f"""<disk type='file' device='disk'><driver name='qemu' type='raw'/>
             <source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
           <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
           <interface type='user'><model type='virtio'/></interface>
           <serial type='file'><source path='{console}'/></serial>
           <console type='pty'><target type='virtio'/></console>
           <graphics type='vnc' socket='{daemon.root}/vnc'/>
           <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
           <memballoon model='virtio'/>""")
    daemon.virsh("start", "full")
    live = daemon.virsh("dumpxml", "full")
    harness.validate(live, ("domain.rng", "domain.rng"))
    tap.contains(live, "/dev/pts/", disk)
    tap.equal(harness.os.path.exists(console), True)
    daemon.virsh("destroy", "full")
    tap.lacks(daemon.virsh("dumpxml", "full"), "/dev/pts/")
    daemon.virsh("undefine", "full")


if __name__ == "__main__":
    harness.main(globals())
