/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drives of a running QEMU: what holds the media of disks. */
#pragma once

#include "conf/domain-def.h"
#include "conf/json.h"

/* What QEMU calls the drive of @disk, which has alias and address, in commands and answers
 * (transfer full). */
char *virtcpu_drive_name(const VirtCpuDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;

/* The element of @list, query-block's or query-blockstats' answer, that is about the drive of @disk
 * (transfer none); NULL for none. */
const VirtCpuJson *virtcpu_drive_find(const VirtCpuJson *list, const VirtCpuDiskDef *disk);
