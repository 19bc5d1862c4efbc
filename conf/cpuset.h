/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of CPU numbers: "0-3,^2,8". */
#pragma once

#include <glib.h>

/* Numbers from 0 up to, not including, this are taken: libvirt's VIR_DOMAIN_CPUMASK_LEN. */
#define VIRTCPU_CPUSET_MAX 16384

/* A set of CPU numbers. */
typedef struct _VirtCpuCpuset VirtCpuCpuset;

/* Read @text: numbers, ranges and exclusions, separated by commas. Returns (transfer full), or NULL
 * when it is no such list, a number is too big, or the set is empty. Any thread. */
VirtCpuCpuset *virtcpu_cpuset_parse(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* The CPUs of the bit map @map: CPU N is bit N % 8 of byte N / 8. Returns (transfer full), or NULL
 * when it has none, or one that is too big. Any thread. */
VirtCpuCpuset *virtcpu_cpuset_from_map(const guint8 *map, gsize bytes) G_GNUC_WARN_UNUSED_RESULT;

/* Put the bits of @set that fit into @bytes bytes of zeroed @map, likewise. */
void virtcpu_cpuset_to_map(const VirtCpuCpuset *set, guint8 *map, gsize bytes);

/* Free @set (may be NULL). */
void virtcpu_cpuset_free(VirtCpuCpuset *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuCpuset, virtcpu_cpuset_free)

/* The shortest list for @set, "0-1,3,8" (transfer full). */
char *virtcpu_cpuset_format(const VirtCpuCpuset *set) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when a number is in both. */
gboolean virtcpu_cpuset_overlaps(const VirtCpuCpuset *a, const VirtCpuCpuset *b);

/* TRUE when @number is in @set. */
gboolean virtcpu_cpuset_contains(const VirtCpuCpuset *set, unsigned number);

/* The highest number in @set. */
unsigned virtcpu_cpuset_last(const VirtCpuCpuset *set);
