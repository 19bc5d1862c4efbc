/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/mac.h"

gboolean
virtcpu_mac_from_string(const char *text, guint8 mac[VIRTCPU_MAC_BYTES])
{
    for (gsize i = 0; i < VIRTCPU_MAC_BYTES; i++) {
        int value = g_ascii_xdigit_value(*text);

        if (value < 0) {
            return FALSE;
        }
        if (g_ascii_isxdigit(*++text)) {
            value = value * 16 + g_ascii_xdigit_value(*text++);
        }
        mac[i] = (guint8)value;
        if (*text != (i + 1 < VIRTCPU_MAC_BYTES ? ':' : '\0')) {
            return FALSE;
        }
        text++;
    }
    return TRUE;
}

char *
virtcpu_mac_to_string(const guint8 mac[VIRTCPU_MAC_BYTES])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}
