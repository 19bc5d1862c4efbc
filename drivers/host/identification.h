/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The register by which a processor without CPUID tells what it is. */
#pragma once

#include <glib.h>

/* What the kernel below @sysroot (NULL: the real root) tells of it: MIDR_EL1 of the first CPU from
 * sysfs, or the PVR from /proc/cpuinfo, into @value. FALSE, @value untouched, when it tells
 * neither. Any thread. */
gboolean virtcpu_identification_read(const char *sysroot, guint32 *value);
