/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/probe.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/qmp-socket.h"
#include "drivers/qemu/qmp.h"
#include "drivers/qemu/questions.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* What a QEMU may print while it is probed; then it is killed. */
#define OUTPUT_BYTES (1024 * 1024)
/* How long one that hung up gets to end by itself and say how. */
#define END_MS 1000

/* One probe under way. */
typedef struct {
    const char *binary;
    VirtCpuVirtType virt_type;
    gint64 deadline;
    VirtCpuFd output; /* what QEMU prints */
    VirtCpuProcess *process;
    VirtCpuQmp *qmp;
} Probe;

/* End the QEMU, too: it has nothing to lose. */
static void
probe_clear(Probe *probe)
{
    virtcpu_qmp_unref(probe->qmp);
    if (probe->process != NULL) {
        g_autoptr(GError) error = NULL;

        if (!virtcpu_process_kill(probe->process, SIGKILL, &error)) {
            g_warning("%s", error->message);
        } else if (!virtcpu_process_wait(probe->process, END_MS)) {
            g_warning("'%s' was killed and does not end", probe->binary);
        }
        virtcpu_process_free(probe->process);
    }
    virtcpu_fd_close(probe->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Probe, probe_clear)

static unsigned
milliseconds_left(const Probe *probe)
{
    return (unsigned)CLAMP((probe->deadline - g_get_monotonic_time()) / 1000, 1, G_MAXINT);
}

static gboolean
check_binary(const char *binary, GError **error)
{
    struct stat info;

    if (stat(binary, &info) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Cannot check QEMU binary '%s': %s"), binary, g_strerror(errno));
        return FALSE;
    }
    if (!S_ISREG(info.st_mode) || access(binary, X_OK) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' is not executable"), binary);
        return FALSE;
    }
    return TRUE;
}

/* Start QEMU with @theirs as its monitor. */
static gboolean
start_with(Probe *probe, int theirs, GError **error)
{
    g_autofree char *chardev = g_strdup_printf("socket,id=monitor,fd=%d", VIRTCPU_PROCESS_FIRST_FD);
    g_auto(GStrv) argv = NULL;
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    VirtCpuProcessOptions options = {
        .environment = environment,
        .fds = &theirs,
        .fds_count = 1,
        .output = probe->output,
        .dies_with_caller = TRUE,
        .output_limit = OUTPUT_BYTES,
    };

    g_strv_builder_add_many(
        builder, probe->binary, "-S", "-no-user-config", "-nodefaults", "-nographic", "-machine",
        probe->virt_type == VIRTCPU_VIRT_KVM ? "none,accel=kvm" : "none,accel=tcg", "-chardev",
        chardev, "-mon", "chardev=monitor,mode=control", NULL);
    argv = g_strv_builder_end(builder);
    options.argv = argv;
    probe->process = virtcpu_process_start(&options, error);
    return probe->process != NULL;
}

static gboolean
start(Probe *probe, GError **error)
{
    g_auto(VirtCpuFd) theirs = -1;
    int ours = -1;

    probe->output = memfd_create("virtcpu-probe", MFD_CLOEXEC);
    if (probe->output < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a memory file"));
        return FALSE;
    }
    if (!virtcpu_qmp_socketpair(&ours, &theirs, error)) {
        return FALSE;
    }
    probe->qmp = virtcpu_qmp_new(ours, NULL, NULL, NULL, NULL);
    return start_with(probe, theirs, error);
}

/* Put the answer to @question into @document, or fail when it may not be missing. */
static gboolean
keep_answer(VirtCpuJson *document, const VirtCpuQemuQuestion *question, VirtCpuQmpCall *call,
            GError **error)
{
    if (call->reply != NULL) {
        virtcpu_json_set(document, question->member, g_steal_pointer(&call->reply));
        return TRUE;
    }
    if (!question->optional) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        return FALSE;
    }
    return TRUE;
}

/* Ask @questions about @subject in one go, the handshake before them, and keep the answers. */
static gboolean
ask_first(Probe *probe, const char *subject, VirtCpuJson *document, GError **error)
{
    gsize count;
    const VirtCpuQemuQuestion *questions = virtcpu_qemu_questions(&count);
    g_autofree VirtCpuQmpCall *calls = g_new0(VirtCpuQmpCall, count + 1);
    g_autoptr(GPtrArray) arguments =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    gboolean ok;

    calls[0].command = "qmp_capabilities";
    for (gsize i = 0; i < count; i++) {
        VirtCpuJson *json = virtcpu_qemu_question_arguments(&questions[i], subject);

        g_ptr_array_add(arguments, json);
        calls[i + 1].command = questions[i].command;
        calls[i + 1].arguments = json;
    }
    ok = virtcpu_qmp_execute_many(probe->qmp, calls, count + 1, milliseconds_left(probe), error);
    for (gsize i = 0; i < count; i++) {
        ok = ok && keep_answer(document, &questions[i], &calls[i + 1], error);
    }
    for (gsize i = 0; i <= count; i++) {
        virtcpu_qmp_call_clear(&calls[i]);
    }
    return ok;
}

/* One more question, which the first answers led to. */
static gboolean
ask_one(Probe *probe, const VirtCpuQemuQuestion *question, const char *subject,
        VirtCpuJson *document, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_qemu_question_arguments(question, subject);
    VirtCpuQmpCall call = { .command = question->command, .arguments = arguments };
    gboolean ok = virtcpu_qmp_execute_many(probe->qmp, &call, 1, milliseconds_left(probe), error) &&
                  keep_answer(document, question, &call, error);

    virtcpu_qmp_call_clear(&call);
    return ok;
}

static gboolean
ask_all(Probe *probe, VirtCpuJson *document, GError **error)
{
    const char *largest = virtcpu_qemu_largest_model(probe->virt_type);
    const char *type;

    if (!ask_first(probe, largest, document, error)) {
        return FALSE;
    }
    type = virtcpu_qemu_definition_type(virtcpu_json_get(document, "models"), "max");
    if (type != NULL &&
        !ask_one(probe, virtcpu_qemu_question_properties(), type, document, error)) {
        return FALSE;
    }
    return virtcpu_json_get(document, "max-model") != NULL ||
           ask_one(probe, virtcpu_qemu_question_full_expansion(), largest, document, error);
}

/* Turn @reason (transfer full), why the questions got no answer, into one sentence with what QEMU
 * did and said. */
static void
explain(Probe *probe, GError *reason, GError **error)
{
    g_autoptr(GError) why = reason;
    g_autofree char *words = virtcpu_process_last_words(probe->output, 0);
    g_autofree char *end = NULL;
    gboolean late = why->code == VIRTCPU_ERR_OPERATION_TIMEOUT;

    if (!late && virtcpu_process_wait(probe->process, END_MS)) {
        end = virtcpu_process_describe_exit(probe->process);
        g_free(words);
        words = virtcpu_process_last_words(probe->output, 0);
    }
    g_strdelimit(words, "\n", ' ');
    virtcpu_error_set(error, late ? VIRTCPU_ERR_OPERATION_TIMEOUT : VIRTCPU_ERR_INTERNAL_ERROR,
                      _("Failed to probe QEMU binary '%s' (%s): %s; it said: '%s'"), probe->binary,
                      end != NULL ? end : _("still running"), why->message, words);
}

/* What QEMU says it is must be what was asked for. */
static gboolean
check_accelerator(const VirtCpuQemuCaps *caps, GError **error)
{
    if (caps->virt_type == VIRTCPU_VIRT_KVM && !caps->kvm_enabled) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' runs without KVM here"), caps->binary);
        return FALSE;
    }
    return TRUE;
}

static void
cancelled(GCancellable *cancel, gpointer qmp)
{
    virtcpu_qmp_close(qmp);
}

VirtCpuQemuCaps *
virtcpu_qemu_probe(const char *binary, VirtCpuVirtType virt_type, unsigned timeout_ms,
                   GCancellable *cancel, GError **error)
{
    g_auto(Probe) probe = {
        .binary = binary,
        .virt_type = virt_type,
        .deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000,
        .output = -1,
    };
    g_autoptr(VirtCpuJson) document = virtcpu_json_new_object();
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    GError *reason = NULL;
    gulong watch;
    gboolean answered;

    if (!check_binary(binary, error) || !start(&probe, error)) {
        return NULL;
    }
    virtcpu_json_set_string(document, "binary", binary);
    virtcpu_json_set_string(document, "virt-type", virtcpu_virt_type_to_string(virt_type));
    watch =
        cancel != NULL ? g_cancellable_connect(cancel, G_CALLBACK(cancelled), probe.qmp, NULL) : 0;
    answered = ask_all(&probe, document, &reason);
    g_cancellable_disconnect(cancel, watch);
    if (!answered) {
        explain(&probe, reason, error);
        return NULL;
    }
    caps = virtcpu_qemu_caps_from_json(document, error);
    return caps != NULL && check_accelerator(caps, error) ? g_steal_pointer(&caps) : NULL;
}
