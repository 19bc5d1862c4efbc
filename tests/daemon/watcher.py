# SPDX-License-Identifier: LGPL-2.1-or-later
"""A second client that is told of events."""

import re
import select
import subprocess
import threading

import harness
from guests import guest


class Watcher:
    """A virsh that prints events, for a domain or (None) all of them."""

    def __init__(self, daemon, *arguments):
        # virsh says nothing once it has registered, so a marker has to come through first.
        self.virsh = subprocess.Popen(daemon.virsh_command("event", "--loop", *arguments),
                                      stdout=subprocess.PIPE, text=True)
        self.heard = ""

        def hears():
            daemon.virsh("define", daemon.file(guest("marker"), "marker.xml"))
            return select.select([self.virsh.stdout], [], [], 0.1)[0]
        harness.wait_until(hears, "an event comes")

    def until(self, end):
        """What was said about domains but the marker up to the line that contains end; heard has all
        lines, those that go on with an event, too."""
        said, self.heard = [], ""
        timer = threading.Timer(harness.PATIENCE, self.virsh.terminate)
        timer.start()
        for line in self.virsh.stdout:
            self.heard += line
            match = re.match(r"event '(.*?)' for domain '(.*?)'(.*)$", line)
            if match and match.group(2) != "marker":
                said.append(f"{match.group(1)} {match.group(2)}{match.group(3)}")
            if end in line:
                break
        else:
            raise AssertionError(f"within {harness.PATIENCE} s no {end!r} was told, but: {said}")
        timer.cancel()
        self.virsh.terminate()
        self.virsh.wait()
        return said
