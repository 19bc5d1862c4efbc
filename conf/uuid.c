/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-def.h"

#include <string.h>

char *
virtcpu_uuid_to_string(const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    GString *out = g_string_sized_new(36);

    for (gsize i = 0; i < VIRTCPU_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            g_string_append_c(out, '-');
        }
        g_string_append_c(out, digits[uuid[i] >> 4]);
        g_string_append_c(out, digits[uuid[i] & 0xf]);
    }
    return g_string_free(out, FALSE);
}

gboolean
virtcpu_uuid_from_string(const char *text, guint8 uuid[VIRTCPU_UUID_BYTES])
{
    guint8 bytes[VIRTCPU_UUID_BYTES];
    const char *at = text;

    for (gsize i = 0; i < VIRTCPU_UUID_BYTES; i++) {
        int high;
        int low;

        if (i > 0 && *at == '-') {
            at++;
        }
        high = g_ascii_xdigit_value(at[0]);
        low = high < 0 ? -1 : g_ascii_xdigit_value(at[1]);
        if (low < 0) {
            return FALSE;
        }
        bytes[i] = (guint8)(high * 16 + low);
        at += 2;
    }
    if (*at != '\0') {
        return FALSE;
    }
    memcpy(uuid, bytes, VIRTCPU_UUID_BYTES);
    return TRUE;
}
