/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpuset.h"

#include <string.h>

struct _VirtCpuCpuset {
    guint8 has[VIRTCPU_CPUSET_MAX];
};

/* Read a number at *@at and step over it; FALSE when there is none or it is too big. */
static gboolean
read_number(const char **at, unsigned *number)
{
    guint64 value;
    char *end;

    if (!g_ascii_isdigit(**at)) {
        return FALSE;
    }
    value = g_ascii_strtoull(*at, &end, 10);
    *at = end;
    *number = (unsigned)value;
    return value < VIRTCPU_CPUSET_MAX;
}

/* Read "N", "N-M" or "^N" at *@at into @set. */
static gboolean
read_item(const char **at, VirtCpuCpuset *set)
{
    gboolean exclude = **at == '^';
    unsigned first, last;

    *at += exclude;
    if (!read_number(at, &first)) {
        return FALSE;
    }
    last = first;
    if (!exclude && **at == '-') {
        *at += 1;
        if (!read_number(at, &last) || last < first) {
            return FALSE;
        }
    }
    for (unsigned i = first; i <= last; i++) {
        set->has[i] = exclude ? 0 : 1;
    }
    return TRUE;
}

static gboolean
is_empty(const VirtCpuCpuset *set)
{
    return memchr(set->has, 1, sizeof(set->has)) == NULL;
}

VirtCpuCpuset *
virtcpu_cpuset_parse(const char *text)
{
    g_autoptr(VirtCpuCpuset) set = g_new0(VirtCpuCpuset, 1);
    g_autofree char *compact = g_strstrip(g_strdup(text));
    const char *at = compact;

    while (read_item(&at, set)) {
        if (*at == '\0') {
            return is_empty(set) ? NULL : g_steal_pointer(&set);
        }
        if (*at != ',') {
            return NULL;
        }
        at++;
    }
    return NULL;
}

VirtCpuCpuset *
virtcpu_cpuset_from_map(const guint8 *map, gsize bytes)
{
    g_autoptr(VirtCpuCpuset) set = g_new0(VirtCpuCpuset, 1);

    for (gsize i = 0; i < bytes * 8; i++) {
        if ((map[i / 8] & (1u << (i % 8))) == 0) {
            continue;
        }
        if (i >= VIRTCPU_CPUSET_MAX) {
            return NULL;
        }
        set->has[i] = 1;
    }
    return is_empty(set) ? NULL : g_steal_pointer(&set);
}

void
virtcpu_cpuset_to_map(const VirtCpuCpuset *set, guint8 *map, gsize bytes)
{
    for (gsize i = 0; i < MIN(bytes * 8, (gsize)VIRTCPU_CPUSET_MAX); i++) {
        map[i / 8] |= (guint8)(set->has[i] != 0 ? 1u << (i % 8) : 0);
    }
}

void
virtcpu_cpuset_free(VirtCpuCpuset *set)
{
    g_free(set);
}

char *
virtcpu_cpuset_format(const VirtCpuCpuset *set)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned i = 0; i < VIRTCPU_CPUSET_MAX; i++) {
        unsigned first = i;

        if (!set->has[i]) {
            continue;
        }
        while (i + 1 < VIRTCPU_CPUSET_MAX && set->has[i + 1]) {
            i++;
        }
        g_string_append_printf(out, out->len != 0 ? ",%u" : "%u", first);
        if (i != first) {
            g_string_append_printf(out, "-%u", i);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

gboolean
virtcpu_cpuset_overlaps(const VirtCpuCpuset *a, const VirtCpuCpuset *b)
{
    for (unsigned i = 0; i < VIRTCPU_CPUSET_MAX; i++) {
        if (a->has[i] && b->has[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
virtcpu_cpuset_contains(const VirtCpuCpuset *set, unsigned number)
{
    return number < VIRTCPU_CPUSET_MAX && set->has[number];
}

unsigned
virtcpu_cpuset_last(const VirtCpuCpuset *set)
{
    unsigned last = 0;

    for (unsigned i = 0; i < VIRTCPU_CPUSET_MAX; i++) {
        last = set->has[i] ? i : last;
    }
    return last;
}
