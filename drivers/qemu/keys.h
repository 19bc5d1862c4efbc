/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys by the numbers that clients use, as QEMU takes them. Any thread. */
#pragma once

#include <glib.h>

/* The QEMU key number ("qnum") of @key in virKeycodeSet @codeset into @number. FALSE when it has
 * none. */
gboolean virtcpu_key_translate(unsigned codeset, unsigned key, unsigned *number);

/* How libvirt calls @codeset ("linux", "xt", …); NULL for none. */
const char *virtcpu_key_set_to_string(unsigned codeset);
