/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From <cpu> to the -cpu argument, in the peer's cases where its data is there. */
#include "conf/error.h"
#include "drivers/qemu/cpu-args.h"
#include "drivers/qemu/replies.h"
#include "tests/unit/cpu-argument.h"

#include <string.h>

/* Cases this suite cannot ask, and why. */
static const struct {
    const char *name, *reason;
} skipped[] = {
    { "cpu-host-model-kvm", "asked below, with the host of a QEMU's own replies" },
    { "cpu-host-model-tcg", "asked below, with the host of a QEMU's own replies" },
    { "cpu-hotplug-granularity", "ppc64" },
    { "cpu-hotplug-startup", "its vCPUs are enabled in an order that <vcpus> may not have here" },
    { "cpu-model-deprecated-features-off", "s390x" },
    { "cpu-nofallback", "recorded on another host" },
    { "cpu-numa-distance-nonexistent-sibling", "<distances> are not in the grammar" },
    { "cpu-topology5", "aarch64" },
    { "cpu-translation", "its host lacks what it requires, which check='partial' refuses here" },
};

static const char *
skip_reason(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(skipped); i++) {
        if (g_str_equal(name, skipped[i].name)) {
            return skipped[i].reason;
        }
    }
    return NULL;
}

/* The value of -cpu in a recorded command line, without shell quotes (transfer full). */
static char *
recorded_argument(const char *args)
{
    g_auto(GStrv) parts = g_strsplit(args, "\n-cpu ", 2);
    g_autofree char *line = NULL;
    g_auto(GStrv) words = NULL;

    g_assert_cmpint(g_strv_length(parts), ==, 2);
    line = g_strndup(parts[1], strcspn(parts[1], "\\\n"));
    g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
    g_assert_cmpint(g_strv_length(words), ==, 1);
    return g_strdup(words[0]);
}

static char *
read_case(const char *folder, const char *name, const char *suffix)
{
    g_autofree char *path = g_strconcat(folder, "/", name, suffix, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

/* Devices outside the grammar, each on its line in the recordings, have no part in -cpu. (transfer
 * full) */
static char *
without_foreign_devices(const char *xml)
{
    g_auto(GStrv) lines = g_strsplit(xml, "\n", -1);
    g_autoptr(GString) out = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        if (!strstr(*line, "<controller ") && !strstr(*line, "<input ")) {
            g_string_append_printf(out, "%s\n", *line);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
run_case(const char *folder, const char *name)
{
    g_autofree char *recorded = read_case(folder, name, ".xml");
    g_autofree char *xml = without_foreign_devices(recorded);
    g_autofree char *args = read_case(folder, name, ".x86_64-latest.args");
    g_autofree char *failure = read_case(folder, name, ".x86_64-latest.err");
    g_autoptr(GError) error = NULL;
    g_autofree char *value = NULL;

    if (skip_reason(name)) {
        g_test_message("%s: left out, %s", name, skip_reason(name));
        return;
    }
    if (!args && !failure) {
        return;
    }
    g_test_message("%s", name);
    value = test_cpu_argument(xml, &error);
    if (args) {
        g_autofree char *expected = recorded_argument(args);

        g_assert_no_error(error);
        g_assert_cmpstr(value, ==, expected);
    } else {
        g_autofree char *text = NULL;

        g_assert_null(value);
        text = virtcpu_error_to_text(error);
        g_assert_cmpstr(text, ==, g_strchomp(failure));
    }
}

static void
test_peer(void)
{
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");
    g_autofree char *folder = g_strconcat(shared ? shared : "", "/peer-data/qemu-args", NULL);
    g_autoptr(GDir) dir = shared ? g_dir_open(folder, 0, NULL) : NULL;
    const char *entry;

    if (!dir) {
        g_test_skip("the peer's data is not there");
        return;
    }
    while ((entry = g_dir_read_name(dir))) {
        const char *dot = strchr(entry, '.');

        if (g_strcmp0(dot, ".xml") == 0) {
            g_autofree char *name = g_strndup(entry, (gsize)(dot - entry));

            run_case(folder, name);
        }
    }
}

/* Cases recorded with the host that a QEMU's own replies tell of. */
static const struct {
    const char *name, *version;
    VirtCpuVirtType virt_type;
} host_rows[] = {
    { "cpu-host-model-kvm", "6.2.0", VIRTCPU_VIRT_KVM },
    { "cpu-host-model-kvm", "7.2.0", VIRTCPU_VIRT_KVM },
    { "cpu-host-model-tcg", "6.2.0", VIRTCPU_VIRT_QEMU },
    { "cpu-host-model-tcg", "7.2.0", VIRTCPU_VIRT_QEMU },
};

static void
run_host_case(const char *shared, const char *name, const char *version, VirtCpuVirtType virt_type)
{
    g_autofree char *folder = g_strconcat(shared, "/peer-data/qemu-args", NULL);
    g_autofree char *replies_folder = g_strconcat(shared, "/peer-data/qmp-replies", NULL);
    g_autofree char *suffix = g_strconcat(".x86_64-", version, ".args", NULL);
    g_autofree char *recording = g_strconcat("caps_", version, "_x86_64", NULL);
    g_autofree char *xml = read_case(folder, name, ".xml");
    g_autofree char *args = read_case(folder, name, suffix);
    g_autofree char *replies = read_case(replies_folder, recording, ".replies");
    g_autofree char *expected = recorded_argument(args);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_subject_parse(xml, &error);
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_replies_read(replies, "/usr/bin/qemu-system-x86_64", virt_type, &error);
    g_auto(VirtCpuCpuLine) line = { 0 };
    const VirtCpuCpuArgsChoice choice = { def, caps, NULL, VIRTCPU_CPU_FORM_NAMED };

    g_assert_no_error(error);
    g_test_message("%s %s", name, version);
    g_assert_true(virtcpu_cpu_args(&choice, &line, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(line.cpu, ==, expected);
}

static void
test_peer_host_model(void)
{
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");

    if (shared == NULL || !g_file_test(shared, G_FILE_TEST_IS_DIR)) {
        g_test_skip("the peer's data is not there");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(host_rows); i++) {
        run_host_case(shared, host_rows[i].name, host_rows[i].version, host_rows[i].virt_type);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-resolve/peer", test_peer);
    g_test_add_func("/cpu-resolve/peer-host-model", test_peer_host_model);
    return g_test_run();
}
