/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of QMP, and the same bytes as any JSON text. */
#include "drivers/qemu/qmp-message.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQmpMessage) message =
        virtcpu_qmp_message_parse((const char *)data, size, &error);
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse((const char *)data, (gssize)size, NULL);

    g_assert_true((message == NULL) == (error != NULL));
    g_assert_true(message == NULL || json != NULL);
    if (json != NULL) {
        g_autofree char *text = virtcpu_json_format(json, FALSE);
        g_autoptr(VirtCpuJson) again = virtcpu_json_parse(text, -1, NULL);

        g_assert_nonnull(again);
    }
    return 0;
}
