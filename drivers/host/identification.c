/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/identification.h"

#include "drivers/host/sysfile.h"

#include <stdio.h>

#define MIDR "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"

/* "0x00000000413fd0c1": the upper half is reserved and zero. */
static gboolean
read_midr(const char *sysroot, guint32 *value)
{
    g_autofree char *text = virtcpu_sysfile_read(sysroot, MIDR);
    guint64 number;

    if (text == NULL || !g_str_has_prefix(text, "0x") ||
        !g_ascii_string_to_unsigned(text + 2, 16, 1, G_MAXUINT32, &number, NULL)) {
        return FALSE;
    }
    *value = (guint32)number;
    return TRUE;
}

/* "revision : 2.2 (pvr 004e 1202)" */
static gboolean
read_pvr(const char *sysroot, guint32 *value)
{
    g_autofree char *text = virtcpu_sysfile_read(sysroot, "/proc/cpuinfo");
    g_autofree char *revision = text != NULL ? virtcpu_sysfile_field(text, "revision") : NULL;
    unsigned high;
    unsigned low;

    if (revision == NULL || sscanf(revision, "%*s (pvr %4x %4x)", &high, &low) != 2) {
        return FALSE;
    }
    *value = high << 16 | low;
    return TRUE;
}

gboolean
virtcpu_identification_read(const char *sysroot, guint32 *value)
{
    return read_midr(sysroot, value) || read_pvr(sysroot, value);
}
