#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running guest and its definition changed: vCPUs, memory, and the threads that run them."""

import json
import os

import harness
import tap
from guests import guest
from plug import (MAC, NAME, check_shown, config, disk, end, live, monitor, need_pins, peripherals,
                  restart, start)


def test_arm_cannot_plug_vcpus(daemon):
    if not os.path.exists("/usr/bin/qemu-system-aarch64"):
        raise tap.Skip("no qemu-system-aarch64")
    text = guest(NAME, cpu="", devices="").replace("arch='x86_64' machine='pc'", "arch='aarch64' machine='virt'")
    daemon.virsh("define", daemon.file(text.replace("<vcpu>1</vcpu>", "<vcpu current='1'>2</vcpu>")))
    daemon.virsh("start", NAME, "--paused")
    tap.contains(daemon.refused("setvcpus", NAME, "2", "--live"), "Operation not supported: machine type 'virt-",
                 "cannot plug vCPUs")
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "1")
    end(daemon)


def test_vcpus_under_kvm(daemon):
    daemon.try_virsh("destroy", NAME)
    text = guest(NAME, cpu="<cpu mode='host-passthrough'/>", kind="kvm").replace("<vcpu>1</vcpu>", "<vcpu current='1'>3</vcpu>")
    daemon.try_virsh("define", daemon.file(text))
    if daemon.try_virsh("start", NAME, "--paused").code != 0:
        raise tap.Skip("no KVM here")
    daemon.virsh("setvcpus", NAME, "3", "--live")
    rows = monitor(daemon, "query-cpus-fast")["return"]
    tap.equal(len({json.dumps(monitor(daemon, "qom-get", path=row["qom-path"], property="feature-words")["return"])
                   for row in rows}), 1)
    restart(daemon)
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "3")
    end(daemon)


def test_vcpus(daemon):
    need_pins()
    for cpu in ("", "<metadata><c:cpu xmlns:c='https://virtcpu.org/xmlns/cpu/1.0' form='named'/></metadata>"):
        start(daemon, extra=cpu + "<cputune><vcpupin vcpu='3' cpuset='0'/></cputune>")
        daemon.virsh("setvcpus", NAME, "3", "--live", "--config")
        daemon.virsh("setvcpus", NAME, "4", "--live")
        tap.equal(harness.xml.fromstring(live(daemon)).find("vcpu").get("current"), None)
        tap.equal(harness.xml.fromstring(config(daemon)).find("vcpu").get("current"), "3")
        rows = monitor(daemon, "query-cpus-fast")["return"]
        tap.equal(len(rows), 4)
        tap.equal(os.sched_getaffinity(rows[3]["thread-id"]), {0})
        words = {json.dumps(monitor(daemon, "qom-get", path=row["qom-path"], property="feature-words")["return"])
                 for row in rows}
        tap.equal(len(words), 1)
        restart(daemon)
        tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "4")
        tap.contains(daemon.refused("setvcpus", NAME, "1", "--live"),
                     "unsupported configuration: failed to find appropriate hotpluggable vcpus")
        end(daemon)


def vcpu_list(text):
    """What <vcpus> says of each, or nothing."""
    return [(row.get("enabled"), row.get("hotpluggable")) for row in harness.xml.fromstring(text).findall("vcpus/vcpu")]


def plugged_vcpus(daemon):
    return sorted(name for name in peripherals(daemon) if name.startswith("vcpu"))


def test_a_guest_keeps_its_plugged_vcpus(daemon):
    """A disk has a queue for each vCPU that QEMU is started with: a state with plugged ones is taken
    only by a QEMU into which they are plugged as well."""
    start(daemon, devices=disk(daemon, "a", "vda", "virtio"), vcpus="<vcpu current='1'>4</vcpu>")
    daemon.virsh("setvcpus", NAME, "3", "--live")
    tap.equal(vcpu_list(live(daemon)), [("yes", "no"), ("yes", "yes"), ("yes", "yes"), ("no", "yes")])
    path = daemon.root + "/plugged.save"
    daemon.virsh("save", NAME, path)
    daemon.virsh("restore", path)
    restart(daemon)
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "3")
    tap.equal(len(monitor(daemon, "query-cpus-fast")["return"]), 3)
    tap.equal(plugged_vcpus(daemon), ["vcpu1", "vcpu2"])
    end(daemon)


def test_single_vcpus(daemon):
    start(daemon)
    for words, says in (
            (("9", "--enable", "--live"), "vcpu 9 is not present in live config"),
            (("9", "--enable", "--config"), "vcpu 9 is not present in persistent config"),
            (("0", "--disable", "--config"), "vCPU '0' can't be modified"),
            (("0", "--disable", "--live"), "vcpu '0' can't be unplugged"),
            (("1", "--enable", "--live"), "vcpu '1' is already in requested state"),
            (("2-3", "--enable", "--live"), "only one hotpluggable entity can be selected"),
            (("3", "--enable", "--live"), "must be the first"),
            (("2", "--enable", "--live", "--config", "--current"), "mutually exclusive"),
            (("two", "--enable", "--config"), "Failed to parse bitmap 'two'")):
        tap.contains(daemon.refused("setvcpu", NAME, *words), says)
    tap.equal((vcpu_list(live(daemon)), plugged_vcpus(daemon)), ([], []))
    daemon.virsh("setvcpu", NAME, "2", "--enable", "--live", "--config")
    tap.equal(vcpu_list(live(daemon)), [("yes", "no")] * 2 + [("yes", "yes"), ("no", "yes")])
    tap.equal(vcpu_list(config(daemon)), vcpu_list(live(daemon)))
    daemon.virsh("setvcpu", NAME, "3", "--enable")
    tap.equal((plugged_vcpus(daemon), len(monitor(daemon, "query-cpus-fast")["return"])), (["vcpu2", "vcpu3"], 4))
    daemon.virsh("setvcpu", NAME, "1-2", "--disable", "--config")
    tap.equal(config(daemon).count("<vcpu id="), 0)
    tap.equal(daemon.virsh("vcpucount", NAME, "--current", "--config"), "1")
    restart(daemon)
    tap.equal(daemon.virsh("vcpucount", NAME, "--current", "--live"), "4")
    daemon.virsh("destroy", NAME)
    tap.contains(daemon.refused("setvcpu", NAME, "1", "--enable", "--live"), "domain is not running")
    daemon.virsh("setvcpu", NAME, "1,2", "--enable")
    daemon.virsh("start", NAME, "--paused")
    tap.equal(plugged_vcpus(daemon), ["vcpu1", "vcpu2"])
    end(daemon)


def test_definitions_with_plugged_vcpus(daemon):
    start(daemon, vcpus="<vcpu current='2'>4</vcpu>")
    tap.equal(vcpu_list(live(daemon)), [])
    daemon.virsh("setvcpus", NAME, "3", "--config", "--hotpluggable")
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME)
    tap.equal(plugged_vcpus(daemon), ["vcpu2"])
    daemon.virsh("setvcpus", NAME, "4", "--config")
    tap.equal(vcpu_list(config(daemon)), [])
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME)
    tap.equal((plugged_vcpus(daemon), len(monitor(daemon, "query-cpus-fast")["return"])), ([], 4))
    end(daemon)


def test_vcpu_limits(daemon):
    start(daemon)
    for count, flags, words in (("5", ["--live"], "greater than max allowable vcpus for the live domain: 5 > 4"),
                                ("5", ["--config"], "greater than max allowable vcpus for the persistent domain: 5 > 4"),
                                ("3", ["--guest"], "domain is not running"),
                                ("70000", ["--live"], "invalid argument")):
        tap.contains(daemon.refused("setvcpus", NAME, count, *flags), words)
    daemon.virsh("setvcpus", NAME, "6", "--maximum", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("vcpu").text, "6")
    daemon.virsh("setvcpus", NAME, "1", "--maximum", "--config")
    vcpu = harness.xml.fromstring(config(daemon)).find("vcpu")
    tap.equal((vcpu.text, vcpu.get("current")), ("1", None))
    end(daemon)


def test_a_vcpu_that_differs_is_refused(daemon):
    """One that somebody plugged by hand, with a feature less, makes the next one's check fail."""
    start(daemon)
    free = [row for row in monitor(daemon, "query-hotpluggable-cpus")["return"] if "qom-path" not in row]
    last = max(free, key=lambda row: row["props"]["socket-id"])
    done = monitor(daemon, "device_add", driver=last["type"], id="odd", pae=False, **last["props"])
    tap.equal("return" in done, True)
    said = daemon.refused("setvcpus", NAME, "4", "--live")
    tap.contains(said, "vCPUs differ")
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--maximum"), "4")
    end(daemon)


def test_memory(daemon):
    start(daemon, devices="<memballoon model='virtio'/>")
    daemon.virsh("setmem", NAME, "16M", "--live", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("currentMemory").text, "16384")
    for verb, amount, flag, words in (("setmem", "64M", "--live", "cannot set memory higher than max memory"),
                                      ("setmem", "64M", "--config", "cannot set memory higher than max memory"),
                                      ("setmaxmem", "64M", "--live", "cannot resize the maximum memory on an active domain")):
        tap.contains(daemon.refused(verb, NAME, amount, flag), words)
    daemon.virsh("setmaxmem", NAME, "8M", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("currentMemory").text, "8192")
    end(daemon)
    start(daemon, devices="<memballoon model='none'/>")
    tap.contains(daemon.refused("setmem", NAME, "16M", "--live"), "without the balloon device")
    end(daemon)


def threads(daemon):
    pid = next(p for p in daemon.children())
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            name = harness.open_text(f"/proc/{pid}/task/{task}/comm")
        except OSError:
            continue  # QEMU has threads that come and go
        found.setdefault(name.split("/")[0].strip(), int(task))
    return found


def test_threads_run_where_they_are_told(daemon):
    need_pins()
    if len(os.sched_getaffinity(0)) < 2:
        tap.comment("one CPU is no choice")
        return
    tune = "<iothreads>1</iothreads><cputune><vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0'/>" \
        "<iothreadpin iothread='1' cpuset='1'/><vcpusched vcpus='0' scheduler='batch'/></cputune>"
    start(daemon, extra=tune, devices=disk(daemon, "a", "vda", "virtio", driver="<driver name='qemu' iothread='1'/>"))
    found = threads(daemon)
    tap.equal([os.sched_getaffinity(found[n]) for n in ("CPU 1", "IO iothread1", "qemu-system-x86")], [{1}, {1}, {0}])
    tap.equal(os.sched_getscheduler(found["CPU 0"]), os.SCHED_BATCH)
    daemon.virsh("vcpupin", NAME, "1", "0", "--live")
    daemon.virsh("emulatorpin", NAME, "1", "--live", "--config")
    daemon.virsh("iothreadpin", NAME, "1", "0", "--live")
    tap.equal([os.sched_getaffinity(found[n]) for n in ("CPU 1", "IO iothread1", "qemu-system-x86")], [{0}, {0}, {1}])
    tap.equal(daemon.virsh("vcpupin", NAME, "1", "--config").split(), ["1", "1"])
    tap.equal(daemon.virsh("vcpupin", NAME, "1", "--live").split(), ["1", "0"])
    tap.equal(daemon.virsh("emulatorpin", NAME).split()[-1], "1")
    tap.equal(daemon.virsh("iothreadinfo", NAME).split(), ["1", "0"])
    tap.equal(daemon.virsh("iothreadinfo", NAME, "--config").split(), ["1", "1"])
    tap.contains(live(daemon), "<emulatorpin cpuset='1'/>", "<vcpupin vcpu='1' cpuset='0'/>")
    tap.contains(config(daemon), "<emulatorpin cpuset='1'/>", "<vcpupin vcpu='1' cpuset='1'/>")
    for args, words in ((("vcpupin", NAME, "7", "0", "--live"), "vcpu 7 is out of range of live cpu count 4"),
                        (("vcpupin", NAME, "4", "0", "--config"), "vcpu 4 is out of range of persistent cpu count 2"),
                        (("iothreadpin", NAME, "9", "0", "--live"), "iothread 9 not found"),
                        (("iothreadadd", NAME, "1", "--live"), "already using iothread_id '1'"),
                        (("iothreaddel", NAME, "1", "--live"), "since it is being used by disk 'vda'"),
                        (("iothreaddel", NAME, "7", "--config"), "cannot find IOThread '7' in iothreadids list")):
        tap.contains(daemon.refused(*args), words)
    daemon.virsh("iothreadadd", NAME, "2", "--live", "--config")
    tap.contains(threads(daemon), "IO iothread2")
    restart(daemon)
    daemon.virsh("iothreaddel", NAME, "2", "--live", "--config")
    tap.equal("IO iothread2" in threads(daemon), False)
    end(daemon)


def iothread(daemon, name="iothread1"):
    """What QEMU says of one: how it polls, and its pool."""
    [row] = [row for row in monitor(daemon, "query-iothreads")["return"] if row["id"] == name]
    pool = [monitor(daemon, "qom-get", path="/objects/" + name, property="thread-pool-" + end)["return"]
            for end in ("min", "max")]
    return [row["poll-max-ns"], row["poll-grow"], row["poll-shrink"]] + pool


def test_iothreads_are_set(daemon):
    start(daemon, extra="<iothreads>2</iothreads>")
    was = iothread(daemon)
    for words, says in (
            (("9", "--poll-grow", "2", "--live"), "cannot find IOThread '9' in iothreadids"),
            (("1", "--poll-grow", "2147483648", "--live"), "must be less than or equal to 2147483647"),
            (("1", "--poll-max-ns", "9", "--live", "--config"), "configuring persistent polling values is not supported"),
            (("1", "--thread-pool-max", "0", "--config"), "thread_pool_max (0) must be a positive number or -1"),
            (("1", "--thread-pool-min", "-2", "--live"), "thread_pool_min (-2) must be equal to or greater than -1"),
            (("1", "--thread-pool-max", "-1", "--live"), "must be equal to or greater than 0 for live change"),
            (("1", "--thread-pool-min", "5", "--thread-pool-max", "4", "--live", "--config"), "(5) can't be greater"),
            (("1", "--thread-pool-min", "5", "--config"), "thread_pool_min (5) can't be greater than thread_pool_max (-1)")):
        tap.contains(daemon.refused("iothreadset", NAME, *words), says)
    tap.equal((iothread(daemon), "iothreadids" in live(daemon) + config(daemon)), (was, False))
    daemon.virsh("iothreadset", NAME, "1", "--poll-max-ns", "4000", "--poll-grow", "3", "--poll-shrink", "4")
    daemon.virsh("iothreadset", NAME, "1", "--thread-pool-min", "80", "--thread-pool-max", "90", "--live", "--config")
    tap.equal(iothread(daemon), [4000, 3, 4, 80, 90])
    daemon.virsh("iothreadset", NAME, "1", "--thread-pool-min", "2", "--thread-pool-max", "3", "--live")
    tap.equal(iothread(daemon)[3:], [2, 3])
    tap.contains(live(daemon), "<iothread id='1' thread_pool_min='2' thread_pool_max='3'/>", "<iothread id='2'/>")
    tap.contains(config(daemon), "<iothread id='1' thread_pool_min='80' thread_pool_max='90'/>")
    restart(daemon)
    tap.contains(live(daemon), "<iothread id='1' thread_pool_min='2' thread_pool_max='3'/>")
    tap.equal(iothread(daemon, "iothread2"), was)
    path = daemon.root + "/set.save"
    daemon.virsh("save", NAME, path)
    daemon.virsh("restore", path, "--paused")
    tap.equal(iothread(daemon)[3:], [2, 3])
    daemon.virsh("destroy", NAME)
    tap.contains(daemon.refused("iothreadset", NAME, "1", "--poll-grow", "2", "--live"), "domain is not running")
    daemon.virsh("iothreadset", NAME, "2", "--thread-pool-max", "7")
    daemon.virsh("start", NAME, "--paused")
    tap.equal((iothread(daemon)[3:], iothread(daemon, "iothread2")[3:]), ([80, 90], [0, 7]))
    end(daemon)


def test_what_takes_cgroups(daemon):
    start(daemon)
    for args, words in ((("schedinfo", NAME), "cgroup CPU controller is not mounted"),
                        (("memtune", NAME, "--hard-limit", "100000", "--live"), "cgroup memory controller is not mounted"),
                        (("numatune", NAME, "--nodeset", "0", "--live"), "cgroup cpuset controller is not mounted"),
                        (("domiftune", NAME, MAC, "--inbound", "100"), "setting bandwidth on interfaces of type 'user'"),
                        (("domiftune", NAME, "vnet0"), "'vnet0' is not a known interface")):
        tap.contains(daemon.refused(*args), words)
    tap.contains(daemon.virsh("numatune", NAME), "numa_mode", "strict")
    tap.contains(daemon.virsh("domiftune", NAME, MAC), "inbound.average: 0")
    daemon.virsh("destroy", NAME)
    tap.contains(daemon.virsh("schedinfo", NAME), "posix", "cpu_shares     : 0")
    tap.contains(daemon.refused("schedinfo", NAME, "--set", "cpu_shares=100"), "needs cgroups")
    end(daemon)


def test_documents_are_valid(daemon):
    check_shown(daemon)


harness.main(globals())
