# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saves of the guest that counts while they are under way, and what they leave."""

import json
import os
import threading

import harness


def leftovers(folder):
    """Files that were being written there."""
    return [name for name in os.listdir(folder) if name.startswith(".virtcpu-")]


def managed(daemon):
    """Where the guest's managed image is."""
    return daemon.root + "/lib/qemu/save/saved.save"


def settle(daemon):
    """Wait until nothing is under way with the guest. A daemon serves while it still takes up what an
    earlier one left: a question waits until it has met the QEMU, and what it has to do then is a job."""
    daemon.try_virsh("qemu-monitor-command", "saved", "query-status")
    harness.wait_until(lambda: "job" not in daemon.try_virsh("domcontrol", "saved").out,
                       "nothing is under way")


class Slow:
    """A save in the background that has begun, and hardly gets on."""

    def __init__(self, daemon, path):
        daemon.virsh("migrate-setspeed", "saved", 1)
        self.daemon, self.path, self.result = daemon, path, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        harness.wait_until(lambda: "Memory total" in daemon.try_virsh("domjobinfo", "saved").out,
                           "the job is under way")
        daemon.virsh("qemu-monitor-command", "saved", json.dumps(
            {"execute": "migrate-set-parameters", "arguments": {"max-bandwidth": 100}}))

    def run(self):
        self.result = self.daemon.try_virsh("save", "saved", self.path)

    def wait(self):
        self.thread.join()
        return self.result
