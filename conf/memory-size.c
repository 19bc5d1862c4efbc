/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/memory-size.h"

#include <string.h>

static const char prefixes[] = "kmgtpe";

/* Bytes in one @unit; 0 when unknown. */
static guint64
unit_bytes(const char *unit)
{
    const char *suffix = unit + 1;
    const char *prefix;
    guint64 base = 0;
    guint64 bytes = 1;

    if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
        g_ascii_strcasecmp(unit, "bytes") == 0) {
        return 1;
    }
    if (suffix[0] == '\0' || g_ascii_strcasecmp(suffix, "ib") == 0) {
        base = 1024;
    } else if (g_ascii_strcasecmp(suffix, "b") == 0) {
        base = 1000;
    }
    prefix = strchr(prefixes, g_ascii_tolower(unit[0]));
    if (prefix == NULL || base == 0) {
        return 0;
    }
    for (const char *at = prefixes; at <= prefix; at++) {
        bytes *= base;
    }
    return bytes;
}

gboolean
virtcpu_memory_to_kib(guint64 value, const char *unit, guint64 *kib)
{
    guint64 bytes = unit != NULL && unit[0] != '\0' ? unit_bytes(unit) : 1024;

    if (bytes == 0 || value > G_MAXINT64 / bytes) {
        return FALSE;
    }
    *kib = (value * bytes + 1023) / 1024;
    return TRUE;
}
