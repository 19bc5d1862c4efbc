/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe against binaries that are not what they should be, and against the real one. */
#include "conf/error.h"
#include "drivers/qemu/probe.h"
#include "tests/unit/folder.h"
#include "tests/unit/patience.h"

#include <glib/gstdio.h>
#include <string.h>

/* A shell script posing as QEMU; its monitor is descriptor 3. */
typedef struct {
    const char *label;
    const char *script; /* NULL: there is no such file */
    int mode;
    unsigned timeout_ms;
    VirtCpuErrorCode code;
    const char *words;
} FakeRow;

#define GREET "echo '{\"QMP\": {\"version\": {}, \"capabilities\": []}}' >&3;"

/* Answers what has to be answered, as a QEMU for guests of architecture @arch; and @more, cases of
 * a shell's. */
#define ANSWERS_WITH(arch, more)                                                                   \
    "exec 4>&3; " GREET "say() { echo \"{\\\"return\\\": $1, \\\"id\\\": \\\"$id\\\"}\" >&4; }\n"  \
    "while read -r line <&3; do\n"                                                                 \
    "id=$(expr \"$line\" : '.*\"id\": *\"\\([^\"]*\\)\"')\n"                                       \
    "case $line in\n"                                                                              \
    "*qmp_capabilities*) say '{}';;\n"                                                             \
    "*query-version*) say '{\"qemu\": {\"major\": 9, \"minor\": 8, \"micro\": 7}}';;\n"            \
    "*query-target*) say '{\"arch\": \"" arch "\"}';;\n"                                           \
    "*query-machines*) say '[]';;\n" more "\n"                                                     \
    "*) echo \"{\\\"error\\\": {\\\"class\\\": \\\"CommandNotFound\\\", \\\"desc\\\": "            \
    "\\\"no\\\"},"                                                                                 \
    " \\\"id\\\": \\\"$id\\\"}\" >&4;;\n"                                                          \
    "esac\ndone"
#define ANSWERS(arch) ANSWERS_WITH(arch, "")

static const FakeRow fakes[] = {
    { "missing", NULL, 0, TEST_PATIENCE_MS, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "No such file or directory" },
    { "not-executable", "exit 0", 0600, TEST_PATIENCE_MS, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "not executable" },
    { "exits", "echo 'no such option' >&2; exit 1", 0700, TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "(exit status 1): End of file from qemu monitor; it said: 'no such option'" },
    { "exits-quietly", "exit 0", 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR,
      "(exit status 0)" },
    { "crashes", "kill -SEGV $$", 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR,
      "killed by signal 11" },
    { "prints", "echo hello; sleep 60", 0700, 200, VIRTCPU_ERR_OPERATION_TIMEOUT,
      "(still running): QEMU's monitor did not answer 'qmp_capabilities'" },
    { "garbage", "echo hello >&3; exec sleep 60", 0700, TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR, "'hello', which is no QMP message" },
    { "hangs", "exec sleep 60", 0700, 200, VIRTCPU_ERR_OPERATION_TIMEOUT, "did not answer" },
    { "floods-output", "exec yes flood", 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR,
      "killed by signal 25" },
    { "floods-monitor", "exec yes >&3", 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR, "'y'" },
    { "greets-and-goes", GREET "exit 3", 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR,
      "(exit status 3)" },
    { "refuses",
      GREET "echo '{\"return\": {}, \"id\": \"1\"}"
            "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"never heard of it\"}, "
            "\"id\": \"2\"}' | sed 's/}{/}\\n{/' >&3; exec sleep 60",
      0700, 300, VIRTCPU_ERR_OPERATION_TIMEOUT, "query-target" },
    { "other-architecture", ANSWERS("s390x"), 0700, TEST_PATIENCE_MS,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "runs guests of architecture 's390x', not of 'x86_64' as its name says" },
    { "unknown-architecture", ANSWERS("z80"), 0700, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR,
      "'target'" },
    { "no-model", ANSWERS_WITH("x86_64", "*max*) say '{\"model\": [\"max\"]}';;"), 0700,
      TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR, "'max-model'" },
};

/* On a busy machine a script may not have got to where it hangs: it is given more and more time. */
static VirtCpuQemuCaps *
probe_fake(const char *path, const FakeRow *row, GError **error)
{
    unsigned timeout_ms = row->timeout_ms;
    VirtCpuQemuCaps *caps = virtcpu_qemu_probe(path, VIRTCPU_VIRT_QEMU, timeout_ms, NULL, error);

    while (caps == NULL && strstr((*error)->message, row->words) == NULL &&
           timeout_ms < TEST_PATIENCE_MS) {
        timeout_ms *= 2;
        g_clear_error(error);
        caps = virtcpu_qemu_probe(path, VIRTCPU_VIRT_QEMU, timeout_ms, NULL, error);
    }
    return caps;
}

static void
test_fake(gconstpointer data)
{
    const FakeRow *row = data;
    g_autofree char *folder = test_folder_new();
    g_autofree char *path = g_build_filename(folder, "qemu-system-x86_64", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    if (row->script != NULL) {
        g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", row->script);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_cmpint(g_chmod(path, row->mode), ==, 0);
    }
    caps = probe_fake(path, row, &error);
    g_assert_null(caps);
    g_test_message("%s", error->message);
    g_assert_error(error, VIRTCPU_ERROR, (int)row->code);
    g_assert_nonnull(strstr(error->message, row->words));
    g_assert_nonnull(strstr(error->message, path));
    g_unlink(path);
    g_rmdir(folder);
}

/* The head of an ELF executable for machine 0x17, which is none. Source: elf(5). */
#define OTHER_ELF                                                                                  \
    "\x7f"                                                                                         \
    "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x17\0\x01\0\0\0"

static const struct {
    const char *label;
    const char *content;
    gsize length;
} not_programs[] = {
    { "text", "neither ELF nor script", 22 },
    { "empty", "", 0 },
    { "other-machine", OTHER_ELF, sizeof(OTHER_ELF) },
};

/* executable files that no kernel can run */
static void
test_not_a_program(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autofree char *folder = test_folder_new();
    g_autofree char *path = g_build_filename(folder, "qemu-system-x86_64", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    g_assert_true(g_file_set_contents(path, not_programs[row].content,
                                      (gssize)not_programs[row].length, NULL));
    g_assert_cmpint(g_chmod(path, 0700), ==, 0);
    caps = virtcpu_qemu_probe(path, VIRTCPU_VIRT_QEMU, TEST_PATIENCE_MS, NULL, &error);
    g_assert_null(caps);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "Exec format error"));
    g_assert_nonnull(strstr(error->message, path));
    g_unlink(path);
    g_rmdir(folder);
}

static void
test_real(void)
{
    g_autofree char *binary = g_find_program_in_path("qemu-system-x86_64");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuQemuCaps) again = NULL;
    g_autoptr(VirtCpuJson) json = NULL;
    g_autoptr(VirtCpuJson) json_again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *text_again = NULL;
    gint64 begin = g_get_monotonic_time();

    if (binary == NULL) {
        g_test_skip("no qemu-system-x86_64 is installed");
        return;
    }
    caps = virtcpu_qemu_probe(binary, VIRTCPU_VIRT_QEMU, TEST_PATIENCE_MS, NULL, &error);
    g_assert_no_error(error);
    g_test_message("probed in %.1f ms", (double)(g_get_monotonic_time() - begin) / 1000);
    g_assert_cmpint(caps->arch, ==, VIRTCPU_ARCH_X86_64);
    g_assert_cmpuint(virtcpu_qemu_caps_version(caps), >, 2000000);
    g_assert_nonnull(virtcpu_qemu_caps_machine(caps, NULL));
    g_assert_cmpstr(virtcpu_qemu_caps_machine(caps, "q35")->alias, ==, "q35");
    g_assert_null(virtcpu_qemu_caps_machine(caps, "none"));
    g_assert_nonnull(virtcpu_qemu_caps_model(caps, "Westmere"));
    g_assert_true(virtcpu_qemu_caps_has_command(caps, "query-cpus-fast"));
    g_assert_true(virtcpu_qemu_caps_has_device(caps, "virtio-blk-pci"));
    g_assert_true(g_strv_contains((const char *const *)caps->properties, "aes"));
    g_assert_nonnull(caps->host_model);
    g_assert_true(g_strv_contains((const char *const *)caps->accelerators, "tcg-accel"));
    g_assert_true(virtcpu_qemu_caps_model(caps, "base")->is_static);
    g_assert_cmpint(virtcpu_qemu_caps_model(caps, "Westmere")->migration_safe, ==,
                    VIRTCPU_TRISTATE_YES);
    g_assert_cmpint(virtcpu_qemu_caps_model(caps, "max")->migration_safe, ==, VIRTCPU_TRISTATE_NO);

    json = virtcpu_qemu_caps_to_json(caps);
    again = virtcpu_qemu_caps_from_json(json, &error);
    g_assert_no_error(error);
    json_again = virtcpu_qemu_caps_to_json(again);
    text = virtcpu_json_format(json, FALSE);
    text_again = virtcpu_json_format(json_again, FALSE);
    g_assert_cmpstr(text, ==, text_again);
}

/* Answers what a probe needs as an x86_64 QEMU, notes each start, and falls when it is asked for
 * its types. */
#define FALLS                                                                                      \
    "#!/bin/sh\n"                                                                                  \
    "echo started >> \"$0.runs\"\n"                                                                \
    "exec >&3\n"                                                                                   \
    "echo '{\"QMP\": {\"version\": {}, \"capabilities\": []}}'\n"                                  \
    "while read -r line <&3; do\n"                                                                 \
    "  id=$(expr \"$line\" : '.*\"id\": *\"\\([^\"]*\\)\"')\n"                                     \
    "  kind=return\n"                                                                              \
    "  case $line in\n"                                                                            \
    "  *query-version*) answer='{\"qemu\": {\"major\": 9, \"minor\": 8, \"micro\": 7}}';;\n"       \
    "  *query-target*) answer='{\"arch\": \"x86_64\"}';;\n"                                        \
    "  *query-machines*) answer='[{\"name\": \"pc\", \"cpu-max\": 4}]';;\n"                        \
    "  *expansion*) kind=error answer='{\"class\": \"GenericError\", \"desc\": \"no\"}';;\n"       \
    "  *qom-list-types*) echo wrong module >&2; kill -ABRT $$;;\n"                                 \
    "  *) answer='[]';;\n"                                                                         \
    "  esac\n"                                                                                     \
    "  echo \"{\\\"$kind\\\": $answer, \\\"id\\\": \\\"$id\\\"}\"\n"                               \
    "done\n"

/* a QEMU that cannot open the modules it finds is known but for its devices; the record has one
 * conversation */
static void
test_falls(void)
{
    g_autofree char *folder = test_folder_new();
    g_autofree char *path = g_build_filename(folder, "qemu-system-x86_64", NULL);
    g_autofree char *runs = g_strconcat(path, ".runs", NULL);
    g_autofree char *started = NULL;
    g_autoptr(GString) record = g_string_new("before\n\n");
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(path, FALLS, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0700), ==, 0);
    g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*not asked for its devices*");
    caps =
        virtcpu_qemu_probe_record(path, VIRTCPU_VIRT_QEMU, TEST_PATIENCE_MS, record, NULL, &error);
    g_test_assert_expected_messages();
    g_assert_no_error(error);
    g_assert_cmpuint(virtcpu_qemu_caps_version(caps), ==, 9008007);
    g_assert_null(caps->devices);
    g_assert_true(virtcpu_qemu_caps_has_device(caps, "anything"));
    g_assert_true(g_str_has_prefix(record->str, "before\n\n{\"execute\":\"qmp_capabilities\"}"));
    g_assert_null(strstr(record->str, "qom-list-types"));
    g_assert_true(g_file_get_contents(runs, &started, NULL, NULL));
    g_assert_cmpstr(started, ==, "started\nstarted\n");
    g_unlink(runs);
    g_unlink(path);
    g_rmdir(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(fakes); i++) {
        g_autofree char *path = g_strdup_printf("/probe/fake/%s", fakes[i].label);

        g_test_add_data_func(path, &fakes[i], test_fake);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(not_programs); i++) {
        g_autofree char *name = g_strconcat("/probe/not-a-program/", not_programs[i].label, NULL);

        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_not_a_program);
    }
    g_test_add_func("/probe/falls", test_falls);
    g_test_add_func("/probe/real", test_real);
    return g_test_run();
}
