/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Amounts of memory with a unit, as <memory unit='GiB'>4</memory>. */
#pragma once

#include <glib.h>

/* @value in @unit as KiB, rounded up, into @kib. @unit (may be NULL: KiB) is one of libvirt's: b
 * bytes k KB Ki KiB M MB MiB G GB GiB T TB TiB P PB PiB E EB EiB, in any case; a lone letter is
 * binary. FALSE when the unit is unknown or the size exceeds what fits 63 bits of bytes. Any
 * thread. */
gboolean virtcpu_memory_to_kib(guint64 value, const char *unit, guint64 *kib);
