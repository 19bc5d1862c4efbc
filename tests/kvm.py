# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether KVM can be used here: a device node alone says nothing."""

import fcntl
import functools
import os

KVM_GET_API_VERSION = 0xAE00  # linux/kvm.h
API_VERSION = 12  # the only one there has been since Linux 2.6.22


@functools.lru_cache(maxsize=None)
def usable():
    try:
        device = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return fcntl.ioctl(device, KVM_GET_API_VERSION, 0) == API_VERSION
    except OSError:
        return False
    finally:
        os.close(device)
