# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saves of the guest that counts while they are under way, and what they leave."""

import os
import threading

import harness


def leftovers(folder):
    """Files that were being written there."""
    return [name for name in os.listdir(folder) if name.startswith(".virtcpu-")]


def managed(daemon):
    """Where the guest's managed image is."""
    return daemon.root + "/lib/qemu/save/saved.save"


class Slow:
    """A save that takes some ten seconds, in the background."""

    def __init__(self, daemon, path):
        daemon.virsh("migrate-setspeed", "saved", 1)
        self.daemon, self.path, self.result = daemon, path, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        harness.wait_until(lambda: "Memory total" in daemon.try_virsh("domjobinfo", "saved").out, 20,
                           "the job is under way")

    def run(self):
        self.result = self.daemon.try_virsh("save", "saved", self.path)

    def wait(self):
        self.thread.join(60)
        return self.result
