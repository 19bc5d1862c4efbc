# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person does with virt-manager, in it: connect, list, show details, start, pause, stop.

usage: virt_manager_session.py URI DOMAIN; prints one word for each step. Wants a display and a bus.
"""

import os
import sys
import time

sys.path.insert(0, "/usr/share/virt-manager")

import gi  # noqa: E402

gi.require_version("Gtk", "3.0")
gi.require_version("GtkSource", "4")
gi.require_version("LibvirtGLib", "1.0")

from gi.repository import GLib, LibvirtGLib  # noqa: E402

LibvirtGLib.init(None)
LibvirtGLib.event_register()

from virtinst import BuildConfig  # noqa: E402
from virtManager import config  # noqa: E402
from virtManager.lib.testmock import CLITestOptionsClass  # noqa: E402

config.vmmConfig.get_instance(BuildConfig, CLITestOptionsClass([]))

from virtManager.connmanager import vmmConnectionManager  # noqa: E402
from virtManager.engine import vmmEngine  # noqa: E402
from virtManager.vmwindow import vmmVMWindow  # noqa: E402

STEP_SECONDS = 120


def steps(uri, name):
    """Each step acts, then yields its word and what is true once it is done."""
    def connection():
        return vmmConnectionManager.get_instance().conns.get(uri)

    def found():
        return [vm for vm in connection().list_vms() if vm.get_name() == name]
    yield "connected", lambda: connection() and connection().is_active()
    yield "listed", found
    [vm] = found()
    window = vmmVMWindow.get_instance(None, vm)
    window.show()
    window.activate_config_page()
    yield "shown", window.is_visible
    vm.startup()
    yield "started", lambda: vm.is_active() and not vm.is_paused()
    vm.suspend()
    yield "paused", vm.is_paused
    vm.resume()
    yield "resumed", lambda: not vm.is_paused()
    vm.destroy()
    yield "stopped", vm.is_shutoff


class Session:
    """Goes through the steps beside virt-manager's own main loop."""

    def __init__(self, uri, name):
        self.steps = steps(uri, name)
        self.next_step()
        GLib.timeout_add(50, self.look)

    def next_step(self):
        self.word, self.done = next(self.steps, (None, None))
        self.deadline = time.monotonic() + STEP_SECONDS
        if self.word is None:
            os._exit(0)

    def look(self):
        if self.done():
            print(self.word, flush=True)
            self.next_step()
        elif time.monotonic() > self.deadline:
            print(f"not {self.word} after {STEP_SECONDS} s", flush=True)
            os._exit(1)
        return True


session = Session(*sys.argv[1:])
vmmEngine.get_instance().start(sys.argv[1], None, None, True)
