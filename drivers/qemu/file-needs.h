/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest's QEMU opens by path. */
#pragma once

#include "conf/domain-def.h"

/* One file, or a folder. */
typedef struct {
    char *path;       /* owned */
    int mode;         /* R_OK, W_OK, X_OK */
    gboolean lend;    /* it may be given to the account that QEMU runs as, while it runs */
    gboolean created; /* it is made when it is missing */
} VirtCpuFileNeed;

/* Of the QEMU of complete @def, backing files of images among them; of VirtCpuFileNeed (transfer
 * full). Reads images; any thread. */
GPtrArray *virtcpu_file_needs_of_domain(const VirtCpuDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* Of @disk alone. */
GPtrArray *virtcpu_file_needs_of_disk(const VirtCpuDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;
