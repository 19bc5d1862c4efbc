# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions of small guests."""

import uuid as uuids

WESTMERE = "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>Westmere</model></cpu>"
AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


def guest(name, cpu=WESTMERE, kind="qemu", extra="", devices="", uuid="", vcpus=1, emulator=""):
    """Without a disk or a kernel the firmware finds nothing to boot, which is all we need. The same
    name has the same UUID, so that defining it again is a change."""
    uuid = uuid or str(uuids.uuid5(uuids.NAMESPACE_DNS, repr(name)))
    return f"""<domain type='{kind}'>
  <name>{name}</name><uuid>{uuid}</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  {cpu}
  {extra}
  <devices>{f"<emulator>{emulator}</emulator>" if emulator else ""}{devices}</devices>
</domain>
"""
