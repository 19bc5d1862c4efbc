#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests move between two daemons, in every form that virsh knows, and only as they are."""

import os
import re
import subprocess
import tempfile
import time

import harness
import tap
from guests import guest
from migration import HELD_BANDWIDTH, Link, heavy
from pair import MIGRATED, Background, main
from watcher import Watcher

CPU = re.compile(r"<cpu .*?</cpu>", re.DOTALL)


def test_live(pair):
    pair.create("guest")
    before = CPU.search(pair.a.virsh("dumpxml", "guest")).group()
    result = pair.migrate("guest", "--verbose")
    tap.equal(result.code, 0)
    tap.contains(result.out + result.err, "100 %")
    tap.equal(pair.a.virsh("list", "--all", "--name"), "")
    pair.check_arrived("guest")
    tap.equal(CPU.search(pair.b.virsh("dumpxml", "guest")).group(), before)
    tap.equal(pair.a.children(), [])


def test_back(pair):
    """What the first host gave is what there is after any number of moves."""
    pair.create("guest")
    pair.moved("guest")
    first = CPU.search(pair.b.virsh("dumpxml", "guest")).group()
    pair.b.virsh("migrate", "--live", "guest", pair.a.uri())
    pair.moved("guest")
    tap.equal(CPU.search(pair.b.virsh("dumpxml", "guest")).group(), first)


def test_statistics(pair):
    pair.define("counted")
    pair.moved("counted")
    tap.contains(pair.b.virsh("domjobinfo", "--completed", "--keep-completed", "counted"),
                 "Completed", "Incoming migration", "Total downtime")


FORMS = [
    ("not live", [], {"live": ()}, MIGRATED),
    ("suspended", ["--suspend"], {}, "paused (user)"),
    ("peer to peer", ["--p2p"], {}, MIGRATED),
    ("by IPv4 address", ["--migrateuri", "tcp:127.0.0.1"], {}, MIGRATED),
    ("by hierarchical URI", ["--migrateuri", "tcp://127.0.0.1:49399"], {}, MIGRATED),
    ("auto-converging", ["--auto-converge", "--auto-converge-initial", "30"], {}, MIGRATED),
    ("parallel", ["--parallel", "--parallel-connections", "3"], {}, MIGRATED),
    ("compressed", ["--compressed", "--comp-methods", "xbzrle", "--comp-xbzrle-cache", "8388608"],
     {}, MIGRATED),
    ("with a bandwidth", ["--bandwidth", "20"], {}, MIGRATED),
    ("aborting on error", ["--abort-on-error", "--unsafe"], {}, MIGRATED),
    ("within a time", ["--timeout", "1", "--timeout-suspend", "--bandwidth", "1"], {}, MIGRATED),
]


def test_forms(pair):
    for what, args, options, state in FORMS:
        pair.create("form")
        pair.moved("form", *args, **options)
        tap.equal((what, pair.b.virsh("domstate", "form", "--reason")), (what, state))
        tap.equal((what, pair.a.virsh("list", "--all", "--name")), (what, ""))
        pair.forget()


def test_postcopy(pair):
    """Where the kernel keeps it to root, that is said before anything moves."""
    pair.create("late")
    result = pair.migrate("late", "--postcopy", "--postcopy-after-precopy")
    if result.code == 0:
        pair.check_arrived("late")
    else:
        tap.contains(result.err, "post-copy", "vm.unprivileged_userfaultfd")
        tap.equal(pair.a.virsh("domstate", "late"), "running")
        tap.equal(pair.b.children(), [])


def test_unix(pair):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # with --parallel it is QEMU's account that listens
        for args in ([], ["--parallel"]):
            pair.create("local")
            pair.moved("local", "--migrateuri", f"unix://{folder}/in.sock", *args)
            pair.check_arrived("local")
            pair.forget()
    pair.create("local")
    pair.refused("local", "--migrateuri", "unix:///nowhere/at/all")


def test_paused_guest_stays_paused(pair):
    pair.create("still")
    pair.a.virsh("suspend", "still")
    pair.moved("still")
    tap.equal(pair.b.virsh("domstate", "still"), "paused")
    pair.b.virsh("resume", "still")


def test_persistent(pair):
    pair.define("kept")
    pair.moved("kept")
    tap.equal(pair.a.virsh("domstate", "kept", "--reason"), "shut off (migrated)")
    tap.equal(pair.b.virsh("list", "--transient", "--name"), "kept")
    pair.forget()
    pair.define("kept")
    pair.moved("kept", "--persistent", "--undefinesource")
    tap.equal(pair.a.virsh("list", "--all", "--name"), "")
    tap.equal(pair.b.virsh("list", "--persistent", "--name"), "kept")
    pair.forget()
    pair.define("kept")
    pair.moved("kept", "--p2p", "--persistent", "--undefinesource")
    tap.equal(pair.b.virsh("list", "--persistent", "--name"), "kept")


def test_offline(pair):
    pair.define("cold", start=False)
    offline = {"live": ("--offline",)}
    tap.contains(pair.migrate("cold", **offline).err, "persistent flag")
    pair.moved("cold", "--persistent", **offline)
    tap.equal(pair.b.virsh("domstate", "cold"), "shut off")
    tap.equal(pair.a.virsh("domstate", "cold"), "shut off")
    pair.b.virsh("undefine", "cold")
    pair.moved("cold", "--persistent", "--undefinesource", "--p2p", **offline)
    tap.equal(pair.a.virsh("list", "--all", "--name"), "")
    pair.b.virsh("start", "cold")
    pair.forget()
    tap.contains(pair.a.try_virsh("migrate", "--offline", "--persistent", "cold",
                                  pair.b.uri()).err, "cold")


def test_new_name(pair):
    pair.create("old")
    pair.moved("old", "--dname", "new")
    tap.equal(pair.b.virsh("list", "--name"), "new")
    tap.contains(pair.b.virsh("dumpxml", "new"), "<name>new</name>")
    pair.b.virsh("destroy", "new")
    pair.create("old")
    pair.refused("old", "--dname", "up/down")


def test_new_definition(pair):
    """What only the host sees may change on the way, what the guest sees may not."""
    pair.create("shape")
    xml = pair.a.virsh("dumpxml", "--migratable", "shape")
    titled = xml.replace("</uuid>", "</uuid><title>moved</title>")
    wider = xml.replace(">32768</memory>", ">65536</memory>")
    tap.contains(pair.refused("shape", "--xml", pair.a.file(wider)), "65536")
    other = re.sub("(<model [^>]*>)[^<]*", r"\1Nehalem", xml)
    tap.contains(pair.refused("shape", "--xml", pair.a.file(other)), "CPU")
    pair.moved("shape", "--xml", pair.a.file(titled))
    tap.contains(pair.b.virsh("dumpxml", "shape"), "<title>moved</title>")
    pair.forget()
    pair.define("shape")
    titled = pair.a.virsh("dumpxml", "--inactive", "shape").replace(
        "</uuid>", "</uuid><title>kept</title>")
    pair.moved("shape", "--persistent", "--persistent-xml", pair.a.file(titled))
    tap.contains(pair.b.virsh("dumpxml", "--inactive", "shape"), "<title>kept</title>")
    tap.lacks(pair.b.virsh("dumpxml", "shape"), "<title>kept</title>")


REFUSED = [
    (["--direct"], "direct migration is not supported"),
    (["--p2p", "--tunnelled"], "memory does not go through the daemons"),
    (["--copy-storage-all"], "disks are not copied"),
    (["--copy-storage-inc"], "disks are not copied"),
    (["--tls"], "not encrypted"),
    (["--compressed", "--comp-methods", "zlib"], "only 'xbzrle'"),
    (["--migrateuri", "rdma://localhost"], "unsupported scheme"),
    (["--migrateuri", "tcp://no-such-host.invalid"], "no-such-host.invalid"),
    (["--parallel", "--postcopy"], "does not go together"),
    (["--p2p", "--zerocopy"], ""),
]


def test_refused_forms(pair):
    pair.create("stays")
    for args, words in REFUSED:
        tap.contains(pair.refused("stays", *args), words)
    tap.contains(pair.a.try_virsh("migrate", "--live", "stays", pair.a.uri()).err, "same host")
    tap.contains(pair.a.try_virsh("migrate", "--live", "--p2p", "stays", "qemu:///system").err,
                 "same host")
    nowhere = "qemu+unix:///system?socket=/nowhere"
    tap.contains(pair.a.try_virsh("migrate", "--live", "--p2p", "stays", nowhere).err, "nowhere")
    pair.moved("stays")


def test_unsafe_disk(pair):
    path = pair.a.root + "/disk.raw"
    with open(path, "wb") as disk:
        disk.truncate(1 << 20)
    device = f"<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>" \
        f"<source file='{path}'/><target dev='vda' bus='virtio'/>%s</disk>"
    pair.create("disk", devices=device % "")
    tap.contains(pair.refused("disk"), "Migration without shared storage is unsafe")
    pair.moved("disk", "--unsafe")
    pair.b.virsh("migrate", "--live", "--unsafe", "disk", pair.a.uri())
    pair.forget()
    pair.create("disk", devices=device % "<readonly/>")
    pair.moved("disk")


def test_taken_places(pair):
    pair.create("double")
    pair.b.virsh("create", pair.b.file(guest("double")))
    tap.contains(pair.migrate("double").err, "already active")
    tap.equal(pair.a.virsh("domstate", "double"), "running")
    pair.b.virsh("destroy", "double")
    pair.b.virsh("define", pair.b.file(guest("double", uuid="99999999-0000-0000-0000-000000000001")))
    tap.contains(pair.migrate("double").err, "already exists with uuid")
    pair.b.virsh("undefine", "double")
    same = re.search("<uuid>(.*)</uuid>", guest("double")).group(1)
    pair.b.virsh("define", pair.b.file(guest("other", uuid=same)))
    tap.contains(pair.migrate("double").err, "already defined with uuid")
    pair.b.virsh("undefine", "other")
    # the definition that is there already becomes the guest's
    pair.b.virsh("define", pair.b.file(guest("double")))
    pair.moved("double")
    tap.equal(pair.b.virsh("list", "--persistent", "--name"), "double")


def test_events(pair):
    pair.create("heard")
    here, there = (Watcher(daemon, "--event", "lifecycle") for daemon in (pair.a, pair.b))
    pair.moved("heard")
    tap.equal(here.until("Stopped"),
              ["lifecycle heard: Suspended Migrated", "lifecycle heard: Stopped Migrated"])
    tap.equal(there.until("Resumed"),
              ["lifecycle heard: Started Migrated", "lifecycle heard: Resumed Migrated"])


def test_while_it_runs(pair):
    """A held link makes time to look at, tune and abort what is under way."""
    pair.a.virsh("create", pair.a.file(heavy(pair.a, "slow")))
    link = Link(limit=100000)
    job = Background(pair, "slow", "--auto-converge", "--auto-converge-initial", "33", "--compressed",
                     "--bandwidth", HELD_BANDWIDTH, *link.arguments())
    tap.equal(link.held.wait(harness.PATIENCE), True)
    tap.contains(pair.a.virsh("domjobinfo", "slow"), "Unbounded", "Outgoing migration")
    tap.contains(pair.b.virsh("domjobinfo", "slow"), "Incoming migration")
    tap.equal(pair.b.virsh("domstate", "slow", "--reason"), "paused (migrating)")
    pair.a.virsh("migrate-setspeed", "slow", "7")
    tap.equal(pair.a.virsh("migrate-getspeed", "slow"), "7")
    pair.a.virsh("migrate-setmaxdowntime", "slow", "444")
    tap.equal(pair.a.virsh("migrate-getmaxdowntime", "slow"), "444")
    tap.contains(pair.a.refused("migrate-postcopy", "slow"), "")
    tap.contains(pair.b.refused("domjobabort", "slow"), "incoming migration")
    pair.a.virsh("domjobabort", "slow")
    tap.contains(job.wait().err, "canceled by client")
    link.cut()
    tap.equal(pair.a.virsh("domstate", "slow"), "running")
    tap.equal(pair.b.virsh("list", "--all", "--name"), "")
    tap.contains(pair.a.refused("domjobabort", "slow"), "no job is active")
    # nothing of that try is left in what comes next
    image = pair.a.root + "/slow.save"
    pair.a.virsh("save", "slow", image)
    pair.a.virsh("restore", image)
    pair.moved("slow")


def test_both_forms_of_the_protocol(pair):
    """The calls without parameters, which the older API makes."""
    try:
        import libvirt
    except ImportError as reason:
        raise tap.Skip("no libvirt-python here") from reason
    pair.create("older")
    source, target = libvirt.open(pair.a.uri()), libvirt.open(pair.b.uri())
    arrived = source.lookupByName("older").migrate(target, libvirt.VIR_MIGRATE_LIVE, None, None, 0)
    tap.equal(arrived.name(), "older")
    pair.check_arrived("older")
    source.close()
    target.close()


def move_all(source, target, domains, *args):
    """All at once; how many seconds until the last is there."""
    before = time.monotonic()
    jobs = [subprocess.Popen(source.virsh_command("migrate", "--live", domain, target.uri(), *args),
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "LC_ALL": "C", "ASAN_OPTIONS": ""})
            for domain in domains]
    errors = {domain: job.communicate(timeout=harness.PATIENCE)[1] for domain, job in zip(domains, jobs)}
    tap.equal({domain: error for domain, error in errors.items() if error}, {})
    tap.equal(sorted(target.virsh("list", "--name").split()), domains)
    tap.equal(source.children(), [])
    return time.monotonic() - before


def test_many_at_once(pair):
    """There and back, led by the client and by the daemons themselves."""
    count = int(os.environ.get("VIRTCPU_TEST_MIGRATIONS", "6"))
    domains = [f"one{number:02}" for number in range(count)]
    for domain in domains:
        pair.create(domain)
    for args in ([], ["--p2p"]):
        for source, target in ((pair.a, pair.b), (pair.b, pair.a)):
            taken = move_all(source, target, domains, *args)
            tap.comment(f"{' '.join([str(count), 'at once', *args])}: {taken:.1f} s")


if __name__ == "__main__":
    main(globals())
