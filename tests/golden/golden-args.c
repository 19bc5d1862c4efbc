/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain XML in, command line out: every NAME.xml of tests/data/args has its NAME.args, or NAME.err
 * when it is refused. VIRTCPU_TEST_REGENERATE=1 writes them anew. */
#include "conf/error.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/assign.h"
#include "tests/unit/caps.h"

#include <string.h>

static char *
data_path(const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    return g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "args", file, NULL);
}

static char *
read_data(const char *name, const char *suffix)
{
    g_autofree char *path = data_path(name, suffix);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* All but the CPU, which the golden definitions have as it shall be. */
static gboolean
complete(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    static const VirtCpuDomainDefaults defaults = {
        .arch = VIRTCPU_ARCH_X86_64,
        .machine = "pc-i440fx-7.2",
        .emulator = "/usr/bin/qemu-system-x86_64",
    };
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(caps, def->machine);

    if (machine != NULL) {
        g_free(def->machine);
        def->machine = g_strdup(machine->name);
    }
    return virtcpu_domain_def_complete(def, &defaults, error) &&
           virtcpu_devices_assign(def, caps, error);
}

/* The command line, or NULL with @error. */
static char *
to_shell(const char *name, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autofree char *xml = read_data(name, ".xml");
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, error);
    g_auto(GStrv) environment = NULL;
    g_auto(GStrv) argv = NULL;
    VirtCpuArgsInput input = { .caps = caps, .monitor_fd = 3, .tap_fd = 4 };

    if (def == NULL || !complete(def, caps, error)) {
        return NULL;
    }
    virtcpu_args_assign_aliases(def, caps);
    input.def = def;
    input.cpu = def->cpu;
    argv = virtcpu_args_build(&input, error);
    environment = virtcpu_args_environment(def);
    return argv != NULL ? virtcpu_args_to_shell(environment, argv) : NULL;
}

/* The sandbox is where QEMU has it, unless the daemon's setting says otherwise. */
static void
check_sandbox(gboolean has, VirtCpuSandbox sandbox, const char *expected)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autofree char *xml = read_data("minimal", ".xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, &error);
    VirtCpuArgsInput input = { .def = def, .caps = caps, .monitor_fd = 3, .sandbox = sandbox };
    g_auto(GStrv) argv = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    caps->has_sandbox = has;
    g_assert_true(complete(def, caps, NULL));
    virtcpu_args_assign_aliases(def, caps);
    input.cpu = def->cpu;
    argv = virtcpu_args_build(&input, &error);
    text = argv != NULL ? g_strjoinv(" ", argv) : g_strdup(error->message);
    if (expected != NULL) {
        g_assert_nonnull(strstr(text, expected));
    } else {
        g_assert_nonnull(argv);
        g_assert_null(strstr(text, "sandbox"));
    }
}

static void
test_sandbox(void)
{
    const char *on =
        " -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny ";

    check_sandbox(TRUE, VIRTCPU_SANDBOX_DEFAULT, on);
    check_sandbox(TRUE, VIRTCPU_SANDBOX_ON, on);
    check_sandbox(TRUE, VIRTCPU_SANDBOX_OFF, " -sandbox off ");
    check_sandbox(FALSE, VIRTCPU_SANDBOX_DEFAULT, NULL);
    check_sandbox(FALSE, VIRTCPU_SANDBOX_OFF, NULL);
    check_sandbox(FALSE, VIRTCPU_SANDBOX_ON, "QEMU does not support seccomp sandboxes");
}

/* A QEMU without its SPICE modules has no such card. */
static void
test_no_spice(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = test_caps_read();
    g_autofree char *xml = read_data("spice", ".xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, &error);
    VirtCpuArgsInput input = { .def = def, .caps = caps, .monitor_fd = 3 };
    g_auto(GStrv) argv = NULL;

    g_assert_no_error(error);
    g_assert_true(complete(def, caps, NULL));
    g_assert_true(g_hash_table_remove(caps->devices, "qxl"));
    virtcpu_args_assign_aliases(def, caps);
    input.cpu = def->cpu;
    argv = virtcpu_args_build(&input, &error);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "spice graphics are not supported with this QEMU"));
}

static void
test_case(gconstpointer data)
{
    const char *name = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *args = to_shell(name, &error);
    g_autofree char *told = error != NULL ? virtcpu_error_to_text(error) : NULL;
    g_autofree char *refusal = told != NULL ? g_strconcat(told, "\n", NULL) : NULL;
    const char *suffix = args != NULL ? ".args" : ".err";
    g_autofree char *path = data_path(name, suffix);
    g_autofree char *expected = NULL;

    if (g_strcmp0(g_getenv("VIRTCPU_TEST_REGENERATE"), "1") == 0) {
        g_assert_true(g_file_set_contents(path, args != NULL ? args : refusal, -1, NULL));
    }
    expected = read_data(name, suffix);
    g_assert_cmpstr(args != NULL ? args : refusal, ==, expected);
}

int
main(int argc, char **argv)
{
    g_autoptr(GDir) folder = NULL;
    g_autofree char *path = NULL;
    const char *file;

    g_test_init(&argc, &argv, NULL);
    path = g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "args", NULL);
    folder = g_dir_open(path, 0, NULL);
    g_assert_nonnull(folder);
    while ((file = g_dir_read_name(folder)) != NULL) {
        if (g_str_has_suffix(file, ".xml")) {
            char *name = g_strndup(file, strlen(file) - strlen(".xml"));
            g_autofree char *test = g_strconcat("/args/", name, NULL);

            g_test_add_data_func_full(test, name, test_case, g_free);
        }
    }
    g_test_add_func("/args-sandbox", test_sandbox);
    g_test_add_func("/args-no-spice", test_no_spice);
    return g_test_run();
}
