/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded QMP conversations of several QEMUs: what is derived from them is what the peer derives.
 */
#include "conf/error.h"
#include "drivers/qemu/domaincaps.h"
#include "drivers/qemu/replies.h"

#include <string.h>

typedef struct {
    const char *recording, *expected;
    VirtCpuVirtType virt_type;
} Row;

static const Row rows[] = {
    { "caps_6.2.0_x86_64", "qemu_6.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_6.2.0_x86_64", "qemu_6.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_7.2.0_x86_64", "qemu_7.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_7.2.0_x86_64", "qemu_7.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_8.2.0_x86_64", "qemu_8.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_x86_64", "qemu_8.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_9.1.0_x86_64", "qemu_9.1.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_9.1.0_x86_64", "qemu_9.1.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
};

/* The text of a peer's file (transfer full), or NULL when there are no peers here. */
static char *
read_peer(const char *folder, const char *name, const char *suffix)
{
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path =
        g_build_filename(shared != NULL ? shared : "", "peer-data", folder, file, NULL);
    char *text = NULL;

    if (shared == NULL || !g_file_get_contents(path, &text, NULL, NULL)) {
        return NULL;
    }
    return text;
}

/* The <cpu> of @xml line by line, without <maxphysaddr>, which comes from the host, not from QEMU.
 */
static char *
cut_cpu(const char *xml)
{
    g_autoptr(GString) cpu = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(xml, "\n", -1);
    gboolean inside = FALSE;

    for (gsize i = 0; lines[i] != NULL; i++) {
        inside = inside || g_str_equal(lines[i], "  <cpu>");
        if (inside && strstr(lines[i], "<maxphysaddr") == NULL) {
            g_string_append_printf(cpu, "%s\n", lines[i]);
        }
        inside = inside && !g_str_equal(lines[i], "  </cpu>");
    }
    return g_strdup(cpu->str);
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *replies = read_peer("qmp-replies", row->recording, ".replies");
    g_autofree char *document = read_peer("domaincaps", row->expected, ".xml");
    g_autoptr(GString) xml = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autofree char *expected = NULL;

    if (replies == NULL || document == NULL) {
        g_test_skip("the peers' recordings are not here");
        return;
    }
    caps =
        virtcpu_qemu_replies_read(replies, "/usr/bin/qemu-system-x86_64", row->virt_type, &error);
    g_assert_no_error(error);
    virtcpu_domaincaps_write_cpu(xml, caps);
    expected = cut_cpu(document);
    g_assert_cmpstr(xml->str, ==, expected);
}

/* other architectures are read without a host-model until their maps are here */
static void
test_others(void)
{
    static const char *const names[] = { "caps_7.0.0_ppc64",       "caps_8.2.0_aarch64",
                                         "caps_8.2.0_loongarch64", "caps_8.2.0_s390x",
                                         "caps_9.1.0_riscv64",     "caps_9.1.0_s390x" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *replies = read_peer("qmp-replies", names[i], ".replies");

        for (int type = 0; replies != NULL && type < VIRTCPU_VIRT_LAST; type++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(VirtCpuQemuCaps) caps =
                virtcpu_qemu_replies_read(replies, "/usr/bin/qemu", (VirtCpuVirtType)type, &error);

            if (caps == NULL) {
                g_test_message("%s: %s", names[i], error->message);
            }
            g_assert_true(caps != NULL || error->code == VIRTCPU_ERR_CONFIG_UNSUPPORTED);
            g_assert_true(caps == NULL || caps->machines->len > 0);
        }
    }
}

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
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/replies/%s", rows[i].expected);

        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/replies/others", test_others);
    g_test_add_func("/replies/bad", test_bad);
    return g_test_run();
}
