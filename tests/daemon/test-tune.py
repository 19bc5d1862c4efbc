#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients tune on a domain: what follows its end, its disks' rates, its threads, its balloon."""

import harness
import tap
from guests import AGENT, guest
from harness import refused

libvirt = harness.need_libvirt()

# Resets the machine by its keyboard controller as soon as it is booted.
RESETS = bytes.fromhex("b0fe" "e664" "f4" "ebfd").ljust(510, b"\0") + b"\x55\xaa"


def resetting(daemon, name, extra=""):
    path = daemon.root + "/resets.img"
    with open(path, "wb") as disk:
        disk.write(RESETS.ljust(65536, b"\0"))
    return guest(name, extra=extra, devices=(
        f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/>"
        "<target dev='hda' bus='ide'/></disk>"))


def ends(domain):
    harness.wait_until(lambda: not domain.isActive(), "the guest ends")
    tap.equal(domain.state(), [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN])


def test_reboot_that_ends_the_guest(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(resetting(daemon, "once", "<on_reboot>destroy</on_reboot>"))
    domain.create()
    ends(domain)
    domain.undefine()
    connection.close()


def test_actions(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(resetting(daemon, "actions"))
    destroy, restart, renamed, preserve = range(4)
    poweroff, reboot, crash = range(3)
    refused(libvirt.VIR_ERR_INVALID_ARG, domain.setLifecycleAction, 3, destroy)
    refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, domain.setLifecycleAction, poweroff, preserve)
    refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, domain.setLifecycleAction, crash, renamed)
    refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, domain.setLifecycleAction, crash, 5)
    refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.setLifecycleAction, crash, destroy, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    refused(libvirt.VIR_ERR_INVALID_ARG, domain.setLifecycleAction, crash, destroy, 8)
    domain.setLifecycleAction(poweroff, restart)
    refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, domain.setLifecycleAction, reboot, destroy)
    domain.setLifecycleAction(crash, preserve)
    tap.contains(domain.XMLDesc(), "<on_poweroff>restart</on_poweroff>", "<on_crash>preserve</on_crash>")
    domain.setLifecycleAction(poweroff, destroy)
    domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    domain.setLifecycleAction(reboot, destroy)
    tap.contains(domain.XMLDesc(), "<on_reboot>destroy</on_reboot>")
    tap.contains(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), "<on_reboot>restart</on_reboot>")
    daemon.kill()
    daemon.start()
    connection.close()
    connection = libvirt.open(daemon.uri())
    domain = connection.lookupByName("actions")
    tap.contains(domain.XMLDesc(), "<on_reboot>destroy</on_reboot>")
    domain.resume()
    ends(domain)
    domain.undefine()
    connection.close()


def test_what_only_an_agent_could_do(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("agentless", devices=AGENT))
    calls = ((domain.fsFreeze,), (domain.fsThaw,), (domain.fSTrim, None, 0), (domain.setUserPassword, "root", "secret"),
             (domain.setGuestVcpus, "0", 1), (domain.authorizedSSHKeysGet, "root"),
             (domain.authorizedSSHKeysSet, "root", ["key"]), (domain.shutdownFlags, 2), (domain.reboot, 2))
    for call in calls:
        refused(libvirt.VIR_ERR_OPERATION_INVALID, *call)
    domain.create()
    for call in calls:
        refused(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, *call)
    domain.suspend()
    for call in calls:
        refused(libvirt.VIR_ERR_OPERATION_INVALID, *call)
    domain.destroy()
    domain.undefine()
    domain = connection.createXML(guest("agentless"))
    for call in calls:
        refused(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, *call)
    domain.destroy()
    connection.close()


def test_stats_of_each_kind(daemon):
    image = daemon.file("", name="stats.img")
    with open(image, "wb") as disk:
        disk.truncate(65536)
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("counted", vcpus=2, extra="<iothreads>1</iothreads>", devices=(
        f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'/>"
        "<target dev='vda' bus='virtio'/></disk><interface type='user'/>")))
    [(_, stats)] = connection.domainListGetStats([domain])
    tap.equal((stats["block.count"], stats["block.0.path"], stats["block.0.capacity"]), (1, image, 65536))
    tap.equal([name for name in stats if name.startswith(("cpu.", "vcpu.0", "iothread", "dirtyrate"))], [])
    domain.create()
    [(_, stats)] = connection.domainListGetStats([domain], 0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)
    tap.equal([stats[f"vcpu.{i}.state"] for i in range(2)], [1, 1])
    tap.equal(all(f"vcpu.{i}.{name}" in stats for i in range(2) for name in ("time", "delay")), True)
    tap.equal(stats["cpu.user"] + stats["cpu.system"], stats["cpu.time"])
    tap.equal((stats["net.count"], "net.0.name" in stats), (1, False))
    tap.equal((stats["iothread.count"], stats["iothread.1.poll-max-ns"]), (1, 32768))
    tap.equal((stats["block.0.backingIndex"] > 0, stats["dirtyrate.calc_status"]), (True, 0))
    refused(libvirt.VIR_ERR_INVALID_ARG, domain.interfaceStats, "vnet0")
    everything = sum(1 << bit for bit in range(10))
    [(_, stats)] = connection.domainListGetStats([domain], everything, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)
    tap.equal("state.state" in stats, True)
    refused(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, connection.domainListGetStats, [domain], 1 << 20,
            libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)
    domain.destroy()
    domain.undefine()
    connection.close()


def test_balloon(daemon):
    """A guest without a driver has all its memory, and is not said to have less."""
    connection = libvirt.open(daemon.uri())
    text = guest("balloon", extra="<currentMemory unit='MiB'>16</currentMemory>",
                 devices="<memballoon model='virtio'><stats period='7'/></memballoon>")
    domain = connection.defineXML(text)
    tap.contains(domain.XMLDesc(), "<stats period='7'/>", "<currentMemory unit='KiB'>16384</currentMemory>")
    refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.setMemoryStatsPeriod, 5, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    refused(libvirt.VIR_ERR_INVALID_ARG, domain.setMemoryStatsPeriod, -1)
    refused(libvirt.VIR_ERR_INVALID_ARG, domain.setMemoryStatsPeriod, 1, 8)
    domain.create()
    tap.equal(domain.info()[2], 32768)
    tap.contains(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), "<currentMemory unit='KiB'>16384</currentMemory>")
    tap.equal((domain.memoryStats()["actual"], domain.memoryStats()["last_update"]), (32768, 0))
    interval = ('{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0",'
                '"property":"guest-stats-polling-interval"}}')
    tap.contains(daemon.virsh("qemu-monitor-command", "balloon", interval), '"return":7')
    domain.setMemoryStatsPeriod(2, libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    tap.contains(daemon.virsh("qemu-monitor-command", "balloon", interval), '"return":2')
    for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE):
        tap.contains(domain.XMLDesc(flags), "<stats period='2'/>")
    domain.setMemoryStatsPeriod(0, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    tap.equal("<stats" in domain.XMLDesc(), False)
    domain.destroy()
    for wrong in ("", "period='x'", "period='-1'", "period='1' more='2'"):
        refused(None, connection.defineXML, text.replace("period='7'", wrong))
    domain = connection.defineXML(text.replace("<stats period='7'/>", "").replace("'virtio'", "'none'"))
    refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.setMemoryStatsPeriod, 5)
    domain.create()
    tap.equal((domain.info()[2], "last_update" in domain.memoryStats()), (32768, False))
    domain.destroy()
    domain.undefine()
    connection.close()


if __name__ == "__main__":
    harness.main(globals())
