# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions of small guests."""

WESTMERE = "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>Westmere</model></cpu>"


def guest(name, cpu=WESTMERE, kind="qemu", extra="", devices="", uuid="", vcpus=1, emulator=""):
    """Without a disk or a kernel the firmware finds nothing to boot, which is all we need."""
    return f"""<domain type='{kind}'>
  <name>{name}</name>{f"<uuid>{uuid}</uuid>" if uuid else ""}
  <memory unit='MiB'>32</memory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  {cpu}
  {extra}
  <devices>{f"<emulator>{emulator}</emulator>" if emulator else ""}{devices}</devices>
</domain>
"""
