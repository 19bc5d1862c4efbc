#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saving and restoring guests: there is the guest or its image, whatever happens on the way."""

import hashlib
import os
import random
import re
import subprocess
import threading
import time

import harness
import save_image
import tap
from guests import guest
from watcher import Watcher

KERNEL = "/kernel"
# At how many instants within a save, a restore and a dump the daemon is killed.
KILLS = int(os.environ.get("VIRTCPU_TEST_SAVE_KILLS", "2"))


def start(daemon, name="saved", extra=""):
    """A running guest that has filled its memory and counts."""
    path = daemon.root + KERNEL
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(save_image.kernel())
    xml = guest(name).replace("hvm</type>", f"hvm</type><kernel>{path}</kernel>{extra}")
    daemon.virsh("define", daemon.file(xml))
    daemon.virsh("start", name)
    harness.wait_until(lambda: save_image.word(daemon, name, save_image.COUNTER) > 0, 60,
                       "the guest counts")


def check_goes_on(daemon, name="saved", counted=None):
    """It runs, and its memory is what it was; it has counted on from what it was at, if that is known."""
    tap.equal(daemon.virsh("domstate", name), "running")
    now = save_image.word(daemon, name, save_image.COUNTER)
    if counted is not None and (now - counted) % (1 << 32) > 1 << 31:  # it begins anew when it is full
        raise AssertionError(f"the guest counted to {counted} before and to {now} now")
    harness.wait_until(lambda: save_image.word(daemon, name, save_image.COUNTER) != now, 20,
                       "the guest goes on")
    for address in (save_image.FILLED, save_image.FILLED + save_image.FILLED_BYTES - 4):
        tap.equal(save_image.word(daemon, name, address), address)


def stop(daemon, name="saved"):
    daemon.try_virsh("destroy", name)
    daemon.virsh("undefine", name, "--managed-save")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.startswith(".virtcpu-")]


def saved(daemon, name="image"):
    """The path of an image of a guest that is defined and does not run."""
    path = os.path.join(daemon.root, name)
    if not os.path.exists(path):
        start(daemon)
        daemon.virsh("save", "saved", path)
    return path


def test_save_and_restore(daemon):
    start(daemon)
    counted = save_image.word(daemon, "saved", save_image.COUNTER)
    cpu = daemon.tree("dumpxml", "saved").find("cpu")
    path = daemon.root + "/image"
    daemon.virsh("save", "saved", path)
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "shut off (saved)")
    tap.equal(os.stat(path).st_mode & 0o777, 0o600)
    tap.equal(leftovers(daemon.root), [])
    before = digest(path)
    daemon.virsh("restore", path)
    tap.equal(daemon.virsh("domstate", "saved", "--reason"), "running (restored)")
    check_goes_on(daemon, counted=counted)
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
    start(daemon)
    path = daemon.root + "/state"
    daemon.virsh("save", "saved", path, "--paused")
    daemon.virsh("restore", path)
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    daemon.virsh("save", "saved", path)  # over the one that is there
    daemon.virsh("restore", path, "--running", "--bypass-cache")
    check_goes_on(daemon)
    daemon.virsh("suspend", "saved")
    daemon.virsh("save", "saved", path, "--running")
    daemon.virsh("restore", path)
    check_goes_on(daemon)
    tap.contains(daemon.refused("save", "saved", path, "--running", "--paused"), "exclusive")
    daemon.virsh("destroy", "saved")


def test_managed(daemon):
    start(daemon)
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   no")
    counted = save_image.word(daemon, "saved", save_image.COUNTER)
    daemon.virsh("managedsave", "saved")
    tap.contains(daemon.virsh("dominfo", "saved"), "Managed save:   yes")
    tap.equal(daemon.virsh("list", "--all", "--with-managed-save", "--name"), "saved")
    tap.lacks(daemon.virsh("list", "--all", "--without-managed-save", "--name"), "saved")
    tap.contains(daemon.refused("undefine", "saved"), "managed save image exists")
    tap.contains(daemon.virsh("managedsave-dumpxml", "saved"), "<name>saved</name>")
    daemon.virsh("start", "saved")
    check_goes_on(daemon, counted=counted)
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
    tap.equal(os.listdir(daemon.root + "/lib/qemu/save"), [])


def test_places_that_cannot_be(daemon):
    start(daemon)
    tap.contains(daemon.refused("save", "saved", "/nonexistent/image"), "No such file")
    tap.contains(daemon.refused("save", "saved", "/dev/null"), "regular file")
    tap.contains(daemon.refused("save", "saved", daemon.root), "regular file")
    tap.contains(daemon.refused("save", "saved", daemon.root + "/" + "x" * 300), "too long")
    check_goes_on(daemon)
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
    start(daemon)
    daemon.virsh("managedsave", "saved")
    path = daemon.root + "/lib/qemu/save/saved.save"
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
    check_goes_on(daemon)
    daemon.virsh("destroy", "saved")


def test_full_disk(daemon):
    folder = daemon.root + "/small"
    os.mkdir(folder)
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=False).returncode:
        raise tap.Skip("no small file system can be mounted here")
    try:
        start(daemon)
        counted = save_image.word(daemon, "saved", save_image.COUNTER)
        tap.contains(daemon.refused("save", "saved", folder + "/image"), "No space left")
        tap.equal(os.listdir(folder), [])
        check_goes_on(daemon, counted=counted)
        tap.contains(daemon.refused("dump", "saved", folder + "/core", "--memory-only"), "failed")
        tap.equal(os.listdir(folder), [])
        check_goes_on(daemon, counted=counted)
        daemon.virsh("destroy", "saved")
    finally:
        subprocess.run(["umount", folder], check=True)


class Slow:
    """A save that takes some ten seconds, in the background."""

    def __init__(self, daemon, *command):
        daemon.virsh("migrate-setspeed", "saved", 1)
        self.daemon, self.command, self.result = daemon, command, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        harness.wait_until(lambda: "Memory total" in daemon.try_virsh("domjobinfo", "saved").out, 20,
                           "the job is under way")

    def run(self):
        self.result = self.daemon.try_virsh(*self.command)

    def wait(self):
        self.thread.join(60)
        return self.result


def test_progress_and_abort(daemon):
    start(daemon)
    path = daemon.root + "/aborted"
    slow = Slow(daemon, "save", "saved", path)
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
    check_goes_on(daemon)
    tap.contains(daemon.refused("domjobabort", "saved"), "no job is active")
    daemon.virsh("destroy", "saved")


def test_others_during_a_save(daemon):
    start(daemon)
    path = daemon.root + "/unfinished"
    slow = Slow(daemon, "save", "saved", path)
    daemon.virsh("suspend", "saved")  # it is not to go on when the save fails
    daemon.virsh("domjobabort", "saved")
    tap.equal(slow.wait().code, 1)
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    daemon.virsh("resume", "saved")
    slow = Slow(daemon, "save", "saved", path)
    daemon.virsh("destroy", "saved")
    result = slow.wait()
    tap.contains(result.err, "not running")
    tap.equal(os.path.exists(path), False)
    tap.equal(leftovers(daemon.root), [])
    start(daemon)
    slow = Slow(daemon, "save", "saved", path)
    os.kill(daemon.children()[0], harness.signal.SIGKILL)
    tap.equal(slow.wait().code, 1)
    harness.wait_until(lambda: "shut off" in daemon.virsh("domstate", "saved"), 10, "the end is seen")
    tap.equal(leftovers(daemon.root), [])


def check_one_of_both(daemon, path, counted):
    """The guest or its image. Returns TRUE when it was the guest."""
    harness.wait_until(lambda: "paused" not in daemon.virsh("domstate", "saved"), 30,
                       "the save is finished or rolled back")
    state = daemon.virsh("domstate", "saved")
    tap.equal(leftovers(os.path.dirname(path)), [])
    tap.equal(os.path.exists(path), state == "shut off")
    if state == "running":
        check_goes_on(daemon, counted=counted)
        return True
    tap.equal(daemon.children(), [])
    if path == managed(daemon):
        daemon.virsh("start", "saved")
    else:
        daemon.virsh("restore", path)
        os.unlink(path)
    check_goes_on(daemon, counted=counted)
    return False


def managed(daemon):
    return daemon.root + "/lib/qemu/save/saved.save"


class Instants:
    """Daemon after daemon, killed evenly spread over the time that a command of virsh takes."""

    def __init__(self, daemon):
        self.daemon, self.seconds = daemon, {}
        self.seen = {}

    def measure(self, *command):
        """Run it whole once; for how long it takes."""
        before = time.monotonic()
        self.daemon.virsh(*command)
        self.seconds[command] = time.monotonic() - before

    def kill_during(self, number, *command):
        """The next daemon serves when this returns."""
        thread = threading.Thread(target=self.daemon.try_virsh, args=command)
        thread.start()
        time.sleep(self.seconds[command] * 1.1 * (number + 1) / (KILLS + 1))
        self.daemon.kill()
        thread.join()
        self.daemon.start()

    def note(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    def tell(self):
        tap.comment(f"{KILLS} kills: " + ", ".join(f"{n} {what}" for what, n in self.seen.items()))


def test_kill_during_save(daemon):
    start(daemon)
    path = daemon.root + "/killed"
    slow = Slow(daemon, "save", "saved", path)
    daemon.kill()
    slow.wait()
    daemon.start()
    tap.equal(check_one_of_both(daemon, path, None), True)
    daemon.virsh("migrate-setspeed", "saved", 1000)
    instants = Instants(daemon)
    ways = ((path, ("save", "saved", path)), (managed(daemon), ("managedsave", "saved")))
    for place, command in ways:
        instants.measure(*command)
        check_one_of_both(daemon, place, None)
    for number in range(KILLS):
        place, command = ways[number % 2]
        counted = save_image.word(daemon, "saved", save_image.COUNTER)
        instants.kill_during(number, *command)
        there = check_one_of_both(daemon, place, counted)
        instants.note("guests" if there else "images")
    instants.tell()


class Written:
    """A save of a guest whose QEMU has written everything; the daemon, stopped, has not seen it."""

    def __init__(self, daemon, *command):
        daemon.virsh("migrate-setspeed", "saved", 4)
        [self.qemu] = daemon.children()
        slow = threading.Thread(target=daemon.try_virsh, args=command)
        slow.start()
        harness.wait_until(self.file, 20, "QEMU has the file")
        self.path = self.file()
        given = os.path.getsize(self.path)
        harness.wait_until(lambda: os.path.getsize(self.path) > given, 20, "QEMU writes")
        os.kill(daemon.process.pid, harness.signal.SIGSTOP)
        tap.equal(self.file(), self.path)  # it still does
        harness.wait_until(lambda: not self.file(), 30, "QEMU has written all")
        self.daemon, self.slow = daemon, slow

    def file(self):
        """The file that QEMU writes, or None."""
        folder = f"/proc/{self.qemu}/fd"
        for link in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{link}")
            except FileNotFoundError:
                continue
            if "/.virtcpu-" in target:
                return target
        return None

    def restart(self):
        self.daemon.kill()
        self.slow.join()
        self.daemon.start()


def test_kill_when_all_is_written(daemon):
    """What QEMU has written is finished, of a guest that runs and of one that is paused."""
    path = daemon.root + "/written"
    for state in "running", "paused":
        for place, command in ((path, ("save", "saved", path)),
                               (managed(daemon), ("managedsave", "saved"))):
            if state == "paused":
                daemon.virsh("suspend", "saved")
            Written(daemon, *command).restart()
            harness.wait_until(lambda: daemon.virsh("domstate", "saved") == "shut off", 30,
                               "the save is finished")
            tap.equal(daemon.virsh("domstate", "saved", "--reason"), "shut off (saved)")
            tap.equal(leftovers(os.path.dirname(place)), [])
            daemon.virsh(*(("restore", path) if place == path else ("start", "saved")))
            tap.equal(daemon.virsh("domstate", "saved"), state)
            if state == "paused":
                daemon.virsh("resume", "saved")
            check_goes_on(daemon)


def test_kill_when_all_is_written_and_spoilt(daemon):
    """What is not what was written is dropped, and the guest goes on as it did."""
    path = daemon.root + "/spoilt"
    for offset, length in (0, 8), (4200, 8), (0, 0):
        written = Written(daemon, "save", "saved", path)
        with open(written.path, "r+b") as file:
            file.seek(offset)
            file.write(bytes(length))
            if length == 0:
                file.truncate(0)
        written.restart()
        tap.equal(check_one_of_both(daemon, path, None), True)
    daemon.virsh("suspend", "saved")
    written = Written(daemon, "save", "saved", path)
    os.unlink(written.path)
    written.restart()
    harness.wait_until(lambda: "no job" in daemon.refused("domjobabort", "saved"), 30,
                       "the save is rolled back")
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    check_saved_after_it_ran(daemon, path)


def check_saved_after_it_ran(daemon, path):
    """A paused guest whose state has left its QEMU: no more of that until it has run."""
    tap.contains(daemon.refused("save", "saved", path), "paused guest already", "resume it")
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    tap.equal(leftovers(daemon.root), [])
    daemon.virsh("resume", "saved")
    check_goes_on(daemon)
    daemon.virsh("suspend", "saved")
    daemon.virsh("save", "saved", path)
    daemon.virsh("restore", path, "--running")
    check_goes_on(daemon)


def test_dump_of_a_paused_guest(daemon):
    daemon.virsh("suspend", "saved")
    daemon.virsh("dump", "saved", daemon.root + "/core", "--memory-only")
    daemon.virsh("dump", "saved", daemon.root + "/core")
    check_saved_after_it_ran(daemon, daemon.root + "/after")


def test_sigterm_during_save(daemon):
    path = daemon.root + "/ended"
    slow = Slow(daemon, "save", "saved", path)
    daemon.stop()
    tap.equal(slow.wait().code, 1)
    daemon.start()
    tap.equal(check_one_of_both(daemon, path, None), True)


def test_kill_during_restore(daemon):
    path = daemon.root + "/restored"
    instants = Instants(daemon)
    ways = ((path, ("save", "saved", path), ("restore", path)),
            (managed(daemon), ("managedsave", "saved"), ("start", "saved")))
    daemon.virsh("migrate-setspeed", "saved", 1000)
    for _, command, back in ways:
        daemon.virsh(*command)
        instants.measure(*back)
    for number in range(KILLS):
        place, command, back = ways[number % 2]
        counted = save_image.word(daemon, "saved", save_image.COUNTER)
        daemon.virsh(*command)
        instants.kill_during(number, *back)
        harness.wait_until(lambda: "paused" not in daemon.virsh("domstate", "saved"), 30,
                           "the restore is finished or rolled back")
        there = daemon.virsh("domstate", "saved") == "running"
        tap.equal(os.path.exists(place), place == path or not there)
        instants.note("guests" if there else "images")
        if not there:
            tap.equal(daemon.children(), [])
            daemon.virsh(*back)
        check_goes_on(daemon, counted=counted)
    instants.tell()


def test_kill_during_dump(daemon):
    path = daemon.root + "/dumped"
    instants = Instants(daemon)
    ways = (("dump", "saved", path), ("dump", "saved", path, "--memory-only"))
    sizes = []
    for command in ways:
        instants.measure(*command)
        sizes.append(os.path.getsize(path))
        os.unlink(path)
    for number in range(KILLS):
        counted = save_image.word(daemon, "saved", save_image.COUNTER)
        instants.kill_during(number, *ways[number % 2])
        harness.wait_until(lambda: daemon.virsh("domstate", "saved") == "running", 30,
                           "the dump is finished or rolled back")
        check_goes_on(daemon, counted=counted)
        tap.equal(leftovers(daemon.root), [])
        instants.note("dumps" if os.path.exists(path) else "guests without")
        if os.path.exists(path):  # a stream's length varies with what is zero in memory
            tap.equal(abs(os.path.getsize(path) - sizes[number % 2]) < 1 << 20, True)
            os.unlink(path)
    instants.tell()
    stop(daemon)


def test_events_in_order(daemon):
    start(daemon)
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
    start(daemon)
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
    stop(daemon)


harness.main(globals())
