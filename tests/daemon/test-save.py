#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saving, restoring and dumping guests: there is the guest or its image, whatever happens on the
way; what is no whole image is refused and kept."""

import hashlib
import os
import random
import re
import subprocess

import counting
import harness
import save_image
import tap
from guests import guest
from saving import Slow, leftovers, managed
from watcher import Watcher


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def saved(daemon):
    """The path of an image of a guest that is defined and does not run."""
    path = daemon.root + "/image"
    if not os.path.exists(path):
        counting.start(daemon)
        daemon.virsh("save", "saved", path)
    return path


def test_save_and_restore(daemon):
    counting.start(daemon)
    counted = counting.count(daemon)
    cpu = daemon.tree("dumpxml", "saved").find("cpu")
    path = daemon.root + "/image"
    daemon.virsh("save", "saved", path)
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "shut off (saved)")
    tap.equal(os.stat(path).st_mode & 0o777, 0o600)
    tap.equal(leftovers(daemon.root), [])
    before = digest(path)
    daemon.virsh("restore", path)
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "running (restored)")
    counting.check_goes_on(daemon, counted=counted)
    tap.equal(digest(path), before)
    tap.equal(harness.xml.tostring(daemon.tree("dumpxml", "saved").find("cpu")),
              harness.xml.tostring(cpu))
    tap.contains(daemon.refused("restore", path), "already active")
    tap.contains(daemon.virsh("domjobinfo", "saved", "--completed"), "Completed", "Save")
    daemon.virsh("destroy", "saved")


def test_transient_guest(daemon):
    xml = guest("passing")
    daemon.virsh("create", daemon.file(xml))
    path = daemon.root + "/passing"
    tap.contains(daemon.refused("managedsave", "passing"), "transient")
    daemon.virsh("save", "passing", path)
    tap.lacks(daemon.virsh("list", "--all", "--name"), "passing")
    daemon.virsh("restore", path, "--paused")
    tap.equal(daemon.virsh("domstate", "passing"), "paused")
    tap.equal(daemon.virsh("list", "--transient", "--name", "--all"), "passing")
    daemon.virsh("destroy", "passing")


def test_running_or_paused(daemon):
    counting.start(daemon)
    path = daemon.root + "/state"
    daemon.virsh("save", "saved", path, "--paused")
    daemon.virsh("restore", path)
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    daemon.virsh("save", "saved", path)  # over the one that is there
    daemon.virsh("restore", path, "--running", "--bypass-cache")
    counting.check_goes_on(daemon)
    daemon.virsh("suspend", "saved")
    daemon.virsh("save", "saved", path, "--running")
    daemon.virsh("restore", path)
    counting.check_goes_on(daemon)
    tap.contains(daemon.refused("save", "saved", path, "--running", "--paused"), "exclusive")
    daemon.virsh("destroy", "saved")


def test_managed(daemon):
    counting.start(daemon)
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   no")
    counted = counting.count(daemon)
    daemon.virsh("managedsave", "saved")
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   yes")
    tap.equal(daemon.virsh("list", "--all", "--with-managed-save", "--name"), "saved")
    tap.lacks(daemon.virsh("list", "--all", "--without-managed-save", "--name"), "saved")
    tap.contains(daemon.refused("undefine", "saved"), "managed save image exists")
    tap.contains(daemon.virsh("managedsave-dumpxml", "saved"), "<name>saved</name>")
    daemon.virsh("start", "saved")
    counting.check_goes_on(daemon, counted=counted)
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   no")
    tap.contains(daemon.refused("managedsave-dumpxml", "saved"), "no managed save image")
    daemon.virsh("managedsave", "saved", "--paused")
    daemon.virsh("start", "saved")
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    daemon.virsh("managedsave", "saved")
    daemon.virsh("start", "saved", "--force-boot")
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "running (booted)")
    daemon.virsh("managedsave", "saved")
    daemon.virsh("managedsave-remove", "saved")
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   no")
    daemon.virsh("start", "saved")
    daemon.virsh("managedsave", "saved")
    daemon.virsh("undefine", "saved", "--managed-save")
    tap.equal(os.listdir(os.path.dirname(managed(daemon))), [])


def test_places_that_cannot_be(daemon):
    counting.start(daemon)
    tap.contains(daemon.refused("save", "saved", "/nonexistent/image"), "No such file")
    tap.contains(daemon.refused("save", "saved", "/dev/null"), "regular file")
    tap.contains(daemon.refused("save", "saved", daemon.root), "regular file")
    tap.contains(daemon.refused("save", "saved", daemon.root + "/" + "x" * 300), "too long")
    counting.check_goes_on(daemon)
    daemon.virsh("destroy", "saved")
    tap.contains(daemon.refused("save", "saved", daemon.root + "/off"), "not running")
    tap.contains(daemon.refused("managedsave", "saved"), "not running")


def test_files_that_are_no_images(daemon):
    path = saved(daemon)
    fifo = daemon.root + "/fifo"
    os.mkfifo(fifo)
    tap.contains(daemon.refused("restore", "/nonexistent/image"), "No such file")
    tap.contains(daemon.refused("restore", fifo), "no regular file")
    tap.contains(daemon.refused("restore", daemon.root), "regular file")
    foreign = {b"": "magic", b"x": "magic", random.Random(1).randbytes(100000): "magic",
               b"LibvirtQemudSave" + bytes(4096): "libvirt",
               b"LibvirtQemudPart" + bytes(4096): "libvirt", bytes(1 << 20): "magic"}
    other = daemon.root + "/other"
    for content, words in foreign.items():
        with open(other, "wb") as file:
            file.write(content)
        tap.contains(daemon.refused("restore", other), words, other)
        tap.contains(daemon.refused("save-image-dumpxml", other), words)
        tap.contains(daemon.refused("save-image-define", other, daemon.file("<domain/>")), words)
        with open(other, "rb") as file:
            tap.equal(file.read(), content)
    tap.equal(daemon.virsh("domstate", "saved"), "shut off")
    os.stat(path)


def refuse_change(daemon, image, what):
    """An image with these bytes is refused and kept."""
    other = daemon.root + "/damaged"
    with open(other, "wb") as file:
        file.write(image)
    words = daemon.refused("restore", other)
    if not re.search("damaged|truncated|magic|version|incomplete", words):
        raise AssertionError(f"{what}: {words}")
    tap.equal(digest(other), hashlib.sha256(image).hexdigest())
    tap.equal(daemon.virsh("domstate", "saved"), "shut off")


def test_truncated_images(daemon):
    image = save_image.Image(saved(daemon))
    for length in (0, 15, 16, 67, 68, 4095, 4097, image.stream - 1, image.stream,
                   image.stream + 1, len(image.data) // 2, len(image.data) - 1):
        refuse_change(daemon, image.data[:length], f"first {length} bytes")
    refuse_change(daemon, image.data + b"\0", "one more byte")


def test_flipped_images(daemon):
    image = save_image.Image(saved(daemon))
    used = [*range(0, 68, 7), 4096, 4096 + len(image.definition) // 2,
            4096 + len(image.definition) + len(image.passport) - 1, image.stream,
            (image.stream + len(image.data)) // 2, len(image.data) - 1]
    for offset in used:
        data = bytearray(image.data)
        data[offset] ^= 0x10
        refuse_change(daemon, bytes(data), f"byte {offset} flipped")


def test_hostile_headers(daemon):
    image = save_image.Image(saved(daemon))
    image.flags &= ~save_image.COMPLETE
    refuse_change(daemon, image.sealed(), "incomplete")
    for change in ({"version": 2}, {"flags": 0x80000001}, {"stream_bytes": 1 << 63},
                   {"stream_bytes": image.stream_bytes - 1}):
        image = save_image.Image(saved(daemon))
        vars(image).update(change)
        refuse_change(daemon, image.sealed(), str(change))


def test_another_cpu_is_refused(daemon):
    """Sealed anew, so that only what it says is wrong."""
    image = save_image.Image(saved(daemon))
    other = daemon.root + "/cpu"
    assert b"name='aes'" in image.passport, image.passport[:3000]
    image.definition = image.definition.replace(
        b"</cpu>", b"<feature policy='require' name='avx512f'/></cpu>")
    image.passport = b""
    with open(other, "wb") as file:
        file.write(image.sealed())
    tap.contains(daemon.refused("restore", other), "avx512f")
    image.passport = b"<nonsense/>"
    with open(other, "wb") as file:
        file.write(image.sealed())
    daemon.refused("restore", other)
    tap.equal(daemon.virsh("domstate", "saved"), "shut off")
    tap.equal(daemon.children(), [])


def test_damaged_managed_image(daemon):
    counting.start(daemon)
    daemon.virsh("managedsave", "saved")
    path = managed(daemon)
    with open(path, "r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"damaged")
    before = digest(path)
    tap.contains(daemon.refused("start", "saved"), "damaged", "--force-boot")
    tap.equal(digest(path), before)
    tap.equal(daemon.virsh("domstate", "saved"), "shut off")
    daemon.virsh("start", "saved", "--force-boot")
    daemon.virsh("destroy", "saved")


def test_definition_of_an_image(daemon):
    path = saved(daemon)
    xml = daemon.virsh("save-image-dumpxml", path)
    edited = xml.replace("</uuid>", "</uuid><title>changed</title>")
    daemon.virsh("save-image-define", path, daemon.file(edited), "--paused")
    tap.contains(daemon.virsh("save-image-dumpxml", path), "<title>changed</title>")
    for _ in range(3):
        edited = edited.replace("changed", "changed again")
        daemon.virsh("save-image-define", path, daemon.file(edited), "--running")
    tap.contains(daemon.virsh("save-image-dumpxml", path), "again")
    kept = digest(path)
    for was, becomes, named in (("pc-i440fx-7.2", "pc-i440fx-7.1", "machine"),
                                ("<memory unit='KiB'>32768", "<memory unit='KiB'>65536", "memory"),
                                ("Westmere", "Nehalem", "cpu"),
                                ("slot='0x02'", "slot='0x07'", "slot"),
                                ("<name>saved<", "<name>renamed<", "name")):
        tap.contains(xml, was)
        changed = daemon.file(xml.replace(was, becomes))
        tap.contains(daemon.refused("save-image-define", path, changed), named)
        tap.contains(daemon.refused("restore", path, "--xml", changed), named)
    daemon.refused("save-image-define", path, daemon.file("<domain"))
    tap.equal(digest(path), kept)
    daemon.virsh("restore", path, "--xml", daemon.file(edited.replace("again", "at last")))
    tap.contains(daemon.virsh("dumpxml", "saved"), "at last")
    counting.check_goes_on(daemon)
    daemon.virsh("destroy", "saved")


def test_full_disk(daemon):
    folder = daemon.root + "/small"
    os.mkdir(folder)
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=False).returncode:
        raise tap.Skip("no small file system can be mounted here")
    try:
        counting.start(daemon)
        counted = counting.count(daemon)
        tap.contains(daemon.refused("save", "saved", folder + "/image"), "No space left")
        tap.equal(os.listdir(folder), [])
        counting.check_goes_on(daemon, counted=counted)
        tap.contains(daemon.refused("dump", "saved", folder + "/core", "--memory-only"), "failed")
        tap.equal(os.listdir(folder), [])
        counting.check_goes_on(daemon, counted=counted)
        daemon.virsh("destroy", "saved")
    finally:
        subprocess.run(["umount", folder], check=True)


def test_progress_and_abort(daemon):
    counting.start(daemon)
    path = daemon.root + "/aborted"
    slow = Slow(daemon, path)
    info = daemon.virsh("domjobinfo", "saved")
    tap.contains(info, "Save", "Memory total", "Time elapsed")
    tap.contains(daemon.virsh("domcontrol", "saved"), "job")
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "paused (saving)")
    daemon.virsh("vcpuinfo", "saved")
    tap.contains(daemon.virsh("qemu-monitor-command", "saved", "--hmp", "info status"), "paused")
    daemon.virsh("domjobabort", "saved")
    result = slow.wait()
    tap.equal(result.code, 1)
    tap.contains(result.err, "operation aborted", "canceled by client")
    tap.equal(os.path.exists(path), False)
    tap.equal(leftovers(daemon.root), [])
    counting.check_goes_on(daemon)
    tap.contains(daemon.refused("domjobabort", "saved"), "no job is active")
    daemon.virsh("destroy", "saved")


def test_others_during_a_save(daemon):
    counting.start(daemon)
    path = daemon.root + "/unfinished"
    slow = Slow(daemon, path)
    daemon.virsh("suspend", "saved")  # it is not to go on when the save fails
    daemon.virsh("domjobabort", "saved")
    tap.equal(slow.wait().code, 1)
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    daemon.virsh("resume", "saved")
    slow = Slow(daemon, path)
    daemon.virsh("destroy", "saved")
    result = slow.wait()
    tap.contains(result.err, "not running")
    tap.equal(os.path.exists(path), False)
    tap.equal(leftovers(daemon.root), [])
    counting.start(daemon)
    slow = Slow(daemon, path)
    os.kill(daemon.children()[0], harness.signal.SIGKILL)
    tap.equal(slow.wait().code, 1)
    harness.wait_until(lambda: "shut off" in daemon.virsh("domstate", "saved"), "the end is seen")
    tap.equal(leftovers(daemon.root), [])
    counting.stop(daemon)  # and what it was told of speed


def test_events_in_order(daemon):
    counting.start(daemon)
    path = daemon.root + "/told"
    watcher = Watcher(daemon, "--all")
    daemon.virsh("save", "saved", path)
    daemon.virsh("restore", path)
    said = watcher.until("Resumed Snapshot")
    tap.equal([re.sub("[:']| saved", "", line) for line in said],
              ["lifecycle Suspended Paused", "migration-iteration iteration 1",
               "migration-iteration iteration 2", "job-completed", "lifecycle Stopped Saved",
               "lifecycle Started Restored", "lifecycle Resumed Snapshot"])
    tap.contains(watcher.heard, "operation: 2", "success: 1")
    daemon.virsh("destroy", "saved")


def test_dump(daemon):
    counting.start(daemon)
    path = daemon.root + "/core"
    for options, magic in ((["--memory-only"], b"\x7fELF"), ([], b"QEVM"), (["--live"], b"QEVM"),
                           (["--memory-only", "--format", "kdump-zlib"], b"makedumpfile"),
                           (["--reset"], b"QEVM")):
        daemon.virsh("dump", "saved", path, *options)
        with open(path, "rb") as file:
            tap.equal(file.read(len(magic)), magic)
        os.unlink(path)
        tap.equal(daemon.virsh("domstate", "saved"), "running")
    tap.contains(daemon.refused("dump", "saved", "/nonexistent/core"), "No such file")
    daemon.virsh("dump", "saved", path, "--crash")
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "shut off (crashed)")
    counting.stop(daemon)


harness.main(globals())
