/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded QMP conversations that are none. What good ones say is held against the peer's answers
 * in tests/peer/test-peer-replies.c. */
#include "conf/error.h"
#include "drivers/qemu/replies.h"

static void
test_bad(void)
{
    static const char *const texts[] = { "", "{}", "{\n\n}", "{}\n\n{}", "garbage\n\n{}" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_qemu_replies_read(texts[i], "/q", VIRTCPU_VIRT_QEMU, &error));
        g_assert_nonnull(error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/replies/bad", test_bad);
    return g_test_run();
}
