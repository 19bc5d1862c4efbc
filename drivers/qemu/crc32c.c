/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/crc32c.h"

#include <string.h>

/* The polynomial 0x1edc6f41, its bits reversed. */
#define POLYNOMIAL 0x82f63b78u

typedef struct {
    guint32 of_byte[256];
} Table;

static const Table *
get_table(void)
{
    static Table table;
    static gsize made;

    if (g_once_init_enter(&made)) {
        for (guint32 byte = 0; byte < G_N_ELEMENTS(table.of_byte); byte++) {
            guint32 crc = byte;

            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
            }
            table.of_byte[byte] = crc;
        }
        g_once_init_leave(&made, 1);
    }
    return &table;
}

guint32
virtcpu_crc32c_portable(guint32 crc, const void *data, gsize length)
{
    const Table *table = get_table();
    const guint8 *bytes = data;

    crc = ~crc;
    for (gsize i = 0; i < length; i++) {
        crc = (crc >> 8) ^ table->of_byte[(crc ^ bytes[i]) & 0xff];
    }
    return ~crc;
}

#ifdef __x86_64__

__attribute__((target("sse4.2"))) static guint32
with_instruction(guint32 crc, const guint8 *bytes, gsize length)
{
    guint64 state = (guint32)~crc;

    for (; length >= sizeof(guint64); length -= sizeof(guint64), bytes += sizeof(guint64)) {
        guint64 word;

        memcpy(&word, bytes, sizeof(word));
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; length > 0; length--, bytes++) {
        state = __builtin_ia32_crc32qi((guint32)state, *bytes);
    }
    return ~(guint32)state;
}

guint32
virtcpu_crc32c(guint32 crc, const void *data, gsize length)
{
    return __builtin_cpu_supports("sse4.2") ? with_instruction(crc, data, length)
                                            : virtcpu_crc32c_portable(crc, data, length);
}

#else

guint32
virtcpu_crc32c(guint32 crc, const void *data, gsize length)
{
    return virtcpu_crc32c_portable(crc, data, length);
}

#endif
