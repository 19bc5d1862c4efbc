/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of <domain>'s attributes; a test holds them against schemas/domain.rng. */
#pragma once

#include "conf/words.h"

/* <domain type=>, VirtCpuVirtType. */
extern const VirtCpuWords virtcpu_virt_type_words;
/* <on_poweroff> and its siblings, VirtCpuLifecycleAction. */
extern const VirtCpuWords virtcpu_action_words;
/* <disk><target bus=>, VirtCpuDiskBus. */
extern const VirtCpuWords virtcpu_disk_bus_words;
/* <serial type=> and <console type=>, VirtCpuChardevKind. */
extern const VirtCpuWords virtcpu_chardev_words;
