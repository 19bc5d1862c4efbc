#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU as a user that has nothing, when the daemon is root: what it is lent, and gets back."""

import os
import pwd
import shutil
import subprocess

import harness
import tap
from guests import guest

USER = "nobody"  # any that exists everywhere, and is not root


def account():
    return pwd.getpwnam(USER)


def identity(pid):
    """(real and effective user, groups) of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return fields["Uid"].split(), fields["Groups"].split()


def owner(path):
    info = os.stat(path)
    return info.st_uid, info.st_gid


def image(daemon, name, mode=0o600):
    path = f"{daemon.images}/{name}"
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    os.chmod(path, mode)
    return path


def disk(path, target="vda", kind="raw", more=""):
    return (f"<disk type='file' device='disk'><driver name='qemu' type='{kind}'/>"
            f"<source file='{path}'/><target dev='{target}' bus='virtio'/>{more}</disk>")


def start(daemon, name, **options):
    others = daemon.children()
    daemon.virsh("define", daemon.file(guest(name, **options)))
    daemon.virsh("start", name)
    [pid] = set(daemon.children()) - set(others)
    return pid


def mine():
    return account().pw_uid, account().pw_gid


def test_runs_as_the_user(daemon):
    pid = start(daemon, "plain")
    users, groups = identity(pid)
    tap.equal(users, [str(account().pw_uid)] * 4)
    tap.lacks(groups, "0")
    daemon.virsh("destroy", "plain")


def test_disk_is_lent(daemon):
    path = image(daemon, "own.img")
    os.chown(path, 1, 2)
    start(daemon, "diskful", devices=disk(path))
    tap.equal(owner(path), mine())
    daemon.virsh("destroy", "diskful")
    tap.equal(owner(path), (1, 2))


def test_what_it_may_use_stays_as_it_is(daemon):
    written, read = image(daemon, "all.img", 0o666), image(daemon, "read.img", 0o644)
    start(daemon, "modest", devices=disk(written) + disk(read, "vdb", more="<readonly/>"))
    tap.equal((owner(written), owner(read)), ((0, 0), (0, 0)))
    daemon.virsh("destroy", "modest")


def test_backing_files_are_lent(daemon):
    base, overlay = image(daemon, "base.img"), f"{daemon.images}/overlay.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.img", "-F", "raw", overlay],
                   check=True)
    os.chmod(overlay, 0o600)
    start(daemon, "layers", devices=disk(overlay, kind="qcow2"))
    tap.equal((owner(base), owner(overlay)), (mine(), mine()))
    daemon.virsh("destroy", "layers")
    tap.equal((owner(base), owner(overlay)), ((0, 0), (0, 0)))


def test_shared_goes_back_with_the_last(daemon):
    path = image(daemon, "shared.img")
    device = disk(path, more="<shareable/>")
    for name in ("first", "second"):
        start(daemon, name, devices=device)
    daemon.virsh("destroy", "first")
    tap.equal(owner(path), mine())
    daemon.virsh("destroy", "second")
    tap.equal(owner(path), (0, 0))


def test_goes_back_after_a_restart(daemon):
    path = image(daemon, "kept.img")
    start(daemon, "kept", devices=disk(path))
    daemon.kill()
    daemon.start("--config", daemon.config)
    tap.equal(owner(path), mine())
    daemon.virsh("destroy", "kept")
    tap.equal(owner(path), (0, 0))


def test_goes_back_when_it_died_unseen(daemon):
    path = image(daemon, "unseen.img")
    pid = start(daemon, "unseen", devices=disk(path))
    daemon.kill()
    os.kill(pid, 9)
    harness.wait_until(lambda: not daemon.children(), "QEMU gone")
    daemon.start("--config", daemon.config)
    tap.equal(owner(path), (0, 0))


def test_goes_back_when_the_start_fails(daemon):
    path = image(daemon, "failed.img")
    daemon.virsh("define", daemon.file(guest("failed", devices=disk(path, kind="qcow2"))))
    tap.contains(daemon.refused("start", "failed"), "not in qcow2 format")
    tap.equal(owner(path), (0, 0))


def test_what_cannot_be_reached_is_refused(daemon):
    hidden = daemon.images + "/hidden"
    os.mkdir(hidden, 0o700)
    shutil.copy(image(daemon, "reach.img"), hidden + "/reach.img")
    daemon.virsh("define", daemon.file(guest("hidden", devices=disk(hidden + "/reach.img"))))
    tap.contains(daemon.refused("start", "hidden"), USER, hidden, "Permission denied")
    tap.equal(owner(hidden + "/reach.img"), (0, 0))


def test_console_channel_and_files(daemon):
    log = daemon.images + "/serial.log"
    start(daemon, "talks", devices=f"<serial type='file'><source path='{log}'/></serial>"
          "<serial type='pty'/><channel type='unix'><target type='virtio' name='org.example.0'/></channel>")
    tap.equal(owner(log), mine())
    tree = daemon.tree("dumpxml", "talks")
    tap.equal(os.path.exists(tree.find("devices/channel/source").get("path")), True)
    tap.equal(os.path.exists(tree.find("devices/serial[@type='pty']/source").get("path")), True)
    daemon.virsh("destroy", "talks")
    tap.equal(owner(log), (0, 0))


def test_unknown_user(daemon):
    bad = daemon.file('user = "no-such-user"\n', "bad.conf")
    done = subprocess.run([harness.VIRTCPUD, "--root", daemon.root + "/other", "--config", bad],
                          capture_output=True, text=True, timeout=harness.PATIENCE, check=False)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "There is no user 'no-such-user'")


def test_root_when_asked_for(daemon):
    daemon.stop()
    daemon.start("--config", daemon.file('user = "root"\n', "root.conf"))
    pid = start(daemon, "trusted")
    tap.equal(identity(pid)[0], ["0"] * 4)
    daemon.virsh("destroy", "trusted")


def test_nobody_chose_and_it_cannot(daemon):
    """The usual account, where there is one, gives way to root when it cannot reach a file."""
    daemon.stop()
    daemon.start()
    hidden = daemon.images + "/hidden/reach.img"
    pid = start(daemon, "hidden", devices=disk(hidden))
    tap.equal(identity(pid)[0], ["0"] * 4)
    tap.equal(owner(hidden), (0, 0))
    if any(known(name) for name in ("virtcpu-qemu", "libvirt-qemu", "qemu")):
        tap.contains(daemon.log_text(), "QEMU of domain 'hidden' runs with the daemon's rights", hidden)
    daemon.virsh("destroy", "hidden")


def known(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def main():
    harness.require_tools()
    if os.geteuid() != 0:
        tap.skip_all("only root can run QEMU as another user")
    tests = [f for name, f in globals().items() if name.startswith("test_")]
    daemon = harness.Daemon()
    os.chmod(daemon.root, 0o711)
    daemon.images = daemon.root + "/images"
    os.mkdir(daemon.images, 0o755)
    daemon.config = daemon.file(f'user = "{USER}"\n', "user.conf")
    try:
        daemon.start("--config", daemon.config)

        def daemon_ends_cleanly(served):
            served.stop()
        tap.run(tests, daemon, daemon_ends_cleanly)
    finally:
        daemon.clean_up()


if __name__ == "__main__":
    main()
