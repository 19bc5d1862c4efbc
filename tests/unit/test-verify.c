/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real QEMUs, started paused with a CPU each and asked what they made of it. */
#include "conf/error.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/session.h"
#include "drivers/qemu/verify.h"
#include "tests/unit/patience.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QEMU "/usr/bin/qemu-system-x86_64"

typedef struct {
    VirtCpuProcess *process;
    VirtCpuQmp *qmp;
} Guest;

static void
guest_start(Guest *guest, const char *machine, const char *cpu, const char *smp)
{
    g_autoptr(GError) error = NULL;
    int pair[2];
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char *argv[] = {
        (char[]){ QEMU },
        (char[]){ "-S" },
        (char[]){ "-no-user-config" },
        (char[]){ "-nodefaults" },
        (char[]){ "-display" },
        (char[]){ "none" },
        (char[]){ "-accel" },
        (char[]){ "tcg" },
        (char[]){ "-m" },
        (char[]){ "32" },
        (char[]){ "-machine" },
        g_strdup(machine),
        (char[]){ "-smp" },
        g_strdup(smp),
        (char[]){ "-cpu" },
        g_strdup(cpu),
        (char[]){ "-chardev" },
        (char[]){ "socket,id=m,fd=3" },
        (char[]){ "-mon" },
        (char[]){ "chardev=m,mode=control" },
        NULL,
    };
    VirtCpuProcessOptions options = { 0 };

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    options.argv = argv;
    options.fds = &pair[1];
    options.fds_count = 1;
    options.output = null_fd;
    options.dies_with_caller = TRUE;
    guest->process = virtcpu_process_start(&options, &error);
    g_assert_no_error(error);
    close(pair[1]);
    close(null_fd);
    g_free(argv[11]);
    g_free(argv[13]);
    g_free(argv[15]);
    guest->qmp = virtcpu_qmp_new(pair[0], NULL, NULL, NULL, NULL);
    g_assert_true(virtcpu_qmp_handshake(guest->qmp, TEST_PATIENCE_MS, &error));
    g_assert_no_error(error);
}

static void
guest_stop(Guest *guest)
{
    virtcpu_qmp_close(guest->qmp);
    virtcpu_qmp_unref(guest->qmp);
    g_assert_true(virtcpu_process_kill(guest->process, SIGKILL, NULL));
    g_assert_true(virtcpu_process_wait(guest->process, TEST_PATIENCE_MS));
    virtcpu_process_free(guest->process);
}

static VirtCpuDef *
cpu_from(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDef *cpu = virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, &error);

    g_assert_no_error(error);
    return cpu;
}

/* What @model contains under @machine, asked of a QEMU without -cpu. */
static VirtCpuData *
content_of(const char *machine, const char *model)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuSession) session =
        virtcpu_qemu_session_new(QEMU, VIRTCPU_VIRT_QEMU, machine, TEST_PATIENCE_MS, NULL, &error);
    g_autofree char *text =
        g_strdup_printf("{\"type\": \"full\", \"model\": {\"name\": \"%s\"}}", model);
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_parse(text, -1, NULL);
    VirtCpuQmpCall call = { .command = "query-cpu-model-expansion", .arguments = arguments };
    VirtCpuData *content;

    g_assert_no_error(error);
    g_assert_true(virtcpu_qemu_session_ask(session, &call, 1, &error));
    content = virtcpu_cpu_data_from_expansion(VIRTCPU_ARCH_X86_64,
                                              virtcpu_json_get(call.reply, "model"), &error);
    g_assert_no_error(error);
    virtcpu_qmp_call_clear(&call);
    return content;
}

/* Start @arg with @machine, judge it by @xml. */
static gboolean
verify(const char *machine, const char *arg, const char *smp, const char *xml, VirtCpuDef **live,
       GError **error)
{
    Guest guest = { 0 };
    g_autoptr(VirtCpuDef) cpu = cpu_from(xml);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuData) content = NULL;
    VirtCpuVerifyInput input = { 0 };
    gboolean good;

    def->arch = VIRTCPU_ARCH_X86_64;
    def->machine = g_strdup(machine);
    def->virt_type = VIRTCPU_VIRT_QEMU;
    guest_start(&guest, machine, arg, smp);
    input.qmp = guest.qmp;
    input.def = def;
    input.cpu = cpu;
    if (virtcpu_verify_needs_content(cpu)) {
        content = content_of(machine, cpu->model);
    }
    input.expected = content;
    good = virtcpu_verify_run(&input, live, error);
    guest_stop(&guest);
    return good;
}

/* Models whose map entry and QEMU definition differ by machine type are as good as any. */
static void
test_full_as_qemu_defines(void)
{
    static const char *const models[] = { "Westmere", "Nehalem", "Penryn",  "core2duo",
                                          "qemu64",   "kvm64",   "pentium", "486" };
    static const char *const machines[] = { "pc-i440fx-2.2", "pc", "q35" };

    for (gsize m = 0; m < G_N_ELEMENTS(machines); m++) {
        for (gsize i = 0; i < G_N_ELEMENTS(models); i++) {
            g_autofree char *xml = g_strdup_printf(
                "<cpu mode='custom' match='exact' check='full'><model>%s</model></cpu>", models[i]);
            g_autoptr(VirtCpuDef) live = NULL;
            g_autoptr(GError) error = NULL;

            g_assert_true(verify(machines[m], models[i], "1", xml, &live, &error));
            g_assert_no_error(error);
            g_assert_cmpint(live->check, ==, VIRTCPU_CHECK_FULL);
            g_assert_cmpstr(live->model, ==, models[i]);
        }
    }
}

static void
test_missing(void)
{
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(GError) error = NULL;

    /* TCG has no avx512f */
    g_assert_false(verify("pc", "Westmere,avx512f=on", "1",
                          "<cpu mode='custom' match='exact' check='full'><model>Westmere</model>"
                          "<feature policy='require' name='avx512f'/></cpu>",
                          &live, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "missing features: avx512f"));
    g_assert_nonnull(strstr(error->message, "TCG does not emulate: avx512f"));
    g_assert_null(live);
}

static void
test_extra(void)
{
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(GError) error = NULL;

    /* a QEMU that gives more than the definition says */
    g_assert_false(verify("pc", "Westmere", "1",
                          "<cpu mode='custom' match='exact' check='full'><model>Westmere</model>"
                          "<feature policy='disable' name='aes'/></cpu>",
                          &live, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "extra features: aes"));
}

/* what the command line adds is no part of the model */
static void
test_extra_on_command_line(void)
{
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(verify("pc", "Westmere,rdrand=on", "1",
                          "<cpu mode='custom' match='exact' check='full'><model>Westmere</model>"
                          "</cpu>",
                          &live, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "extra features: rdrand"));
}

static void
test_none_tells_the_truth(void)
{
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(GError) error = NULL;
    const VirtCpuDefFeature *feature;

    g_assert_true(verify("pc", "Westmere,avx512f=on", "2",
                         "<cpu mode='custom' match='exact' check='none'><model>Westmere</model>"
                         "<feature policy='require' name='avx512f'/></cpu>",
                         &live, &error));
    g_assert_no_error(error);
    feature = virtcpu_def_find_feature(live, "avx512f");
    g_assert_nonnull(feature);
    g_assert_cmpint(feature->policy, ==, VIRTCPU_POLICY_DISABLE);
}

/* The same QEMU and machine type give the same CPU, and the live definition says all of it. */
static void
test_live_is_stable(void)
{
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(VirtCpuDef) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    g_assert_true(verify("q35", "Haswell", "4",
                         "<cpu mode='custom' match='exact' check='partial'><model>Haswell</model>"
                         "</cpu>",
                         &live, &error));
    g_assert_no_error(error);
    first = virtcpu_def_to_xml(live);
    g_assert_nonnull(strstr(first, "policy='disable'"));
    g_assert_true(verify("q35", "Haswell", "4",
                         "<cpu mode='custom' match='exact' check='none'>"
                         "<model>Haswell</model></cpu>",
                         &again, &error));
    second = virtcpu_def_to_xml(again);
    g_assert_cmpstr(first, ==, second);
}

/* Where only QEMU knows what a model contains, a definition that names nothing beside it leaves
 * nothing to ask: the guest has what was resolved for it. */
static void
test_other_archs(void)
{
    static const VirtCpuArch archs[] = { VIRTCPU_ARCH_PPC64, VIRTCPU_ARCH_AARCH64,
                                         VIRTCPU_ARCH_S390X, VIRTCPU_ARCH_RISCV64,
                                         VIRTCPU_ARCH_M68K };

    for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
        g_autoptr(VirtCpuDef) cpu = cpu_from("<cpu match='exact'><model>max</model></cpu>");
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        const VirtCpuVerifyInput input = { .def = def, .cpu = cpu };
        g_autoptr(VirtCpuDef) live = NULL;
        g_autoptr(GError) error = NULL;

        def->arch = archs[i];
        g_assert_true(virtcpu_verify_run(&input, &live, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(live->model, ==, "max");
        g_clear_pointer(&live, virtcpu_def_free);
        cpu->check = VIRTCPU_CHECK_FULL;
        g_assert_true(virtcpu_verify_run(&input, &live, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(live->model, ==, "max");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!g_file_test(QEMU, G_FILE_TEST_IS_EXECUTABLE)) {
        g_print("1..0 # SKIP no %s here\n", QEMU);
        return 0;
    }
    g_test_add_func("/verify/other-archs", test_other_archs);
    g_test_add_func("/verify/full", test_full_as_qemu_defines);
    g_test_add_func("/verify/missing", test_missing);
    g_test_add_func("/verify/extra", test_extra);
    g_test_add_func("/verify/extra-on-command-line", test_extra_on_command_line);
    g_test_add_func("/verify/none", test_none_tells_the_truth);
    g_test_add_func("/verify/stable", test_live_is_stable);
    return g_test_run();
}
