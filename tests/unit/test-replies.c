/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded QMP conversations that are none. What good ones say is held against the peer's answers
 * in tests/peer/test-peer-replies.c. */
#include "drivers/qemu/replies.h"

#define COMMAND "{\"execute\": \"qmp_capabilities\"}"
#define REPLY   "{\"return\": {}}"

static void
test_bad(void)
{
    static const char *const texts[] = {
        "",
        "{}",
        "{\n\n}",
        "{}\n\n{}",
        "garbage\n\n{}",
        COMMAND,
        COMMAND "\n\n" COMMAND,
        COMMAND "\n\n" REPLY "\n\n" REPLY,
        COMMAND "\n\n" REPLY "\n\n" COMMAND,
        COMMAND "\n\n" REPLY "\n\n" COMMAND "\n\n{\"ret",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_qemu_replies_read(texts[i], "/q", VIRTCPU_VIRT_QEMU, &error));
        g_assert_nonnull(error);
    }
}

/* What each QEMU of a recording was asked counts for that one, a refusal too; blank lines and line
 * ends do not matter. */
static void
test_two_qemus(void)
{
    static const char text[] = COMMAND
        "\r\n\r\n" REPLY "\r\n\r\n\r\n\r\n"
        "{\"execute\": \"query-version\"}\n\n"
        "{\"return\": {\"qemu\": {\"major\": 9, \"minor\": 1, \"micro\": 0}}}\n\n"
        "{\"execute\": \"query-target\"}\n\n{\"return\": {\"arch\": \"s390x\"}}\n\n"
        "{\"execute\": \"query-kvm\"}\n\n{\"return\": {\"enabled\": true, \"present\": true}}\n\n"
        "{\"execute\": \"query-machines\"}\n\n{\"return\": []}\n\n"
        "{\"execute\": \"query-cpu-definitions\"}\n\n{\"return\": [{\"name\": \"z13\"}]}\n\n"
        "{\"execute\": \"query-cpu-model-expansion\", \"arguments\": {\"type\": \"static\","
        " \"model\": {\"name\": \"host\"}}}\n\n"
        "{\"return\": {\"model\": {\"name\": \"z13-base\"}}}\n\n" COMMAND "\n\n" REPLY "\n\n"
        "{\"execute\": \"query-cpu-definitions\"}\n\n{\"error\": {\"desc\": \"no\"}}\n\n\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) kvm =
        virtcpu_qemu_replies_read(text, "/q", VIRTCPU_VIRT_KVM, &error);
    g_autoptr(VirtCpuQemuCaps) tcg = NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(kvm->models->len, ==, 1);
    g_assert_nonnull(kvm->max_model); /* a name says all when nothing differs */
    tcg = virtcpu_qemu_replies_read(text, "/q", VIRTCPU_VIRT_QEMU, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tcg->models->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/replies/bad", test_bad);
    g_test_add_func("/replies/two-qemus", test_two_qemus);
    return g_test_run();
}
