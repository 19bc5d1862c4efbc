/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/session.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/account.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/qmp-socket.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* What a QEMU may print while it is asked; then it is killed. */
#define OUTPUT_BYTES (1024 * 1024)
/* How long one that hung up gets to end by itself and say how. */
#define END_MS 1000

struct _VirtCpuQemuSession {
    char *binary;
    char *machine;
    gint64 deadline;
    GCancellable *cancel; /* transfer none, or NULL */
    VirtCpuFd output;     /* what QEMU prints */
    VirtCpuProcess *process;
    VirtCpuQmp *qmp;
    gboolean greeted; /* the handshake is done */
    GString *record;  /* of the conversation (transfer none), or NULL */
};

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

static gboolean
is_cancelled(GCancellable *cancel)
{
    return cancel != NULL && g_cancellable_is_cancelled(cancel);
}

static void
set_aborted(const char *binary, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED,
                      _("asking QEMU binary '%s' was given up"), binary);
}

/* TRUE when @options (NULL-terminated) ask for KVM. */
static gboolean
wants_kvm(const char *const *options)
{
    for (gsize i = 0; options[i] != NULL; i++) {
        if (g_str_equal(options[i], "kvm") || strstr(options[i], "accel=kvm") != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* TRUE when one of @options is a file that only this process's user can open: one in memory. */
static gboolean
names_our_file(const char *const *options)
{
    for (gsize i = 0; options[i] != NULL; i++) {
        if (g_str_has_prefix(options[i], "/proc/")) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Start QEMU with @guest's options and @theirs as its monitor. */
static gboolean
start_with(VirtCpuQemuSession *session, const char *const *guest, int theirs, GError **error)
{
    g_autofree char *chardev = g_strdup_printf("socket,id=monitor,fd=%d", VIRTCPU_PROCESS_FIRST_FD);
    g_auto(GStrv) argv = NULL;
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(VirtCpuAccount) account =
        names_our_file(guest)
            ? NULL
            : virtcpu_account_new_for_questions(session->binary, wants_kvm(guest));
    VirtCpuProcessOptions options = {
        .environment = environment,
        .fds = &theirs,
        .fds_count = 1,
        .output = session->output,
        .dies_with_caller = TRUE,
        .output_limit = OUTPUT_BYTES,
    };

    g_strv_builder_add_many(builder, session->binary, "-S", "-no-user-config", "-nodefaults",
                            "-nographic", "-chardev", chardev, "-mon",
                            "chardev=monitor,mode=control", NULL);
    for (gsize i = 0; guest[i] != NULL; i++) {
        g_strv_builder_add(builder, guest[i]);
    }
    argv = g_strv_builder_end(builder);
    options.argv = argv;
    options.identity = account != NULL ? virtcpu_account_identity(account) : NULL;
    session->process = virtcpu_process_start(&options, error);
    return session->process != NULL;
}

static gboolean
start(VirtCpuQemuSession *session, const char *const *guest, GError **error)
{
    g_auto(VirtCpuFd) theirs = -1;
    int ours = -1;

    session->output = memfd_create("virtcpu-probe", MFD_CLOEXEC);
    if (session->output < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a memory file"));
        return FALSE;
    }
    if (!virtcpu_qmp_socketpair(&ours, &theirs, error)) {
        return FALSE;
    }
    session->qmp = virtcpu_qmp_new(ours, NULL, NULL, NULL, NULL);
    return start_with(session, guest, theirs, error);
}

VirtCpuQemuSession *
virtcpu_qemu_session_new_guest(const char *binary, const char *machine, const char *const *options,
                               unsigned timeout_ms, GCancellable *cancel, GError **error)
{
    g_autoptr(VirtCpuQemuSession) session = NULL;

    if (!check_binary(binary, error)) {
        return NULL;
    }
    if (is_cancelled(cancel)) {
        set_aborted(binary, error);
        return NULL;
    }
    session = g_new0(VirtCpuQemuSession, 1);
    session->binary = g_strdup(binary);
    session->machine = g_strdup(machine);
    session->deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    session->cancel = cancel;
    session->output = -1;
    return start(session, options, error) ? g_steal_pointer(&session) : NULL;
}

VirtCpuQemuSession *
virtcpu_qemu_session_new(const char *binary, VirtCpuVirtType virt_type, const char *machine,
                         unsigned timeout_ms, GCancellable *cancel, GError **error)
{
    g_autofree char *value =
        g_strdup_printf("%s,accel=%s", machine, virt_type == VIRTCPU_VIRT_KVM ? "kvm" : "tcg");
    const char *const options[] = { "-machine", value, NULL };

    return virtcpu_qemu_session_new_guest(binary, machine, options, timeout_ms, cancel, error);
}

/* The QEMU has nothing to lose: it is killed. */
static void
end_process(VirtCpuQemuSession *session)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_process_kill(session->process, SIGKILL, &error)) {
        g_warning("%s", error->message);
    } else if (!virtcpu_process_wait(session->process, END_MS)) {
        g_warning("'%s' was killed and does not end", session->binary);
    }
    virtcpu_process_free(session->process);
}

void
virtcpu_qemu_session_free(VirtCpuQemuSession *session)
{
    if (session == NULL) {
        return;
    }
    virtcpu_qmp_unref(session->qmp);
    if (session->process != NULL) {
        end_process(session);
    }
    virtcpu_fd_close(session->output);
    g_free(session->binary);
    g_free(session->machine);
    g_free(session);
}

static unsigned
milliseconds_left(const VirtCpuQemuSession *session)
{
    return (unsigned)CLAMP((session->deadline - g_get_monotonic_time()) / 1000, 1, G_MAXINT);
}

void
virtcpu_qemu_session_record(VirtCpuQemuSession *session, GString *record)
{
    session->record = record;
}

/* On one line: an indented empty object has the blank line that ends a document in a record. */
static void
record_json(GString *record, const VirtCpuJson *json)
{
    g_autofree char *text = virtcpu_json_format(json, FALSE);

    g_string_append(record, text);
    g_string_append(record, "\n\n");
}

static VirtCpuJson *
make_reply(const VirtCpuQmpCall *call)
{
    VirtCpuJson *json = virtcpu_json_new_object();

    if (call->reply != NULL) {
        virtcpu_json_set(json, "return", virtcpu_json_copy(call->reply));
    } else {
        VirtCpuJson *error = virtcpu_json_set(json, "error", virtcpu_json_new_object());

        virtcpu_json_set_string(error, "desc", call->error->message);
    }
    return json;
}

static void
record_call(GString *record, const VirtCpuQmpCall *call)
{
    g_autoptr(VirtCpuJson) command = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;

    if (call->reply == NULL && call->error_class == VIRTCPU_QMP_CLASS_NONE) {
        return;
    }
    virtcpu_json_set_string(command, "execute", call->command);
    if (call->arguments != NULL) {
        virtcpu_json_set(command, "arguments", virtcpu_json_copy(call->arguments));
    }
    reply = make_reply(call);
    record_json(record, command);
    record_json(record, reply);
}

static void
cancelled(GCancellable *cancel, gpointer qmp)
{
    virtcpu_qmp_close(qmp);
}

static gboolean
execute(VirtCpuQemuSession *session, VirtCpuQmpCall *calls, gsize count, GError **error)
{
    gulong watch =
        session->cancel != NULL
            ? g_cancellable_connect(session->cancel, G_CALLBACK(cancelled), session->qmp, NULL)
            : 0;
    gboolean ok =
        virtcpu_qmp_execute_many(session->qmp, calls, count, milliseconds_left(session), error);

    g_cancellable_disconnect(session->cancel, watch);
    return ok;
}

gboolean
virtcpu_qemu_session_ask(VirtCpuQemuSession *session, VirtCpuQmpCall *calls, gsize count,
                         GError **error)
{
    gsize first = session->greeted ? 0 : 1;
    g_autofree VirtCpuQmpCall *all = g_new0(VirtCpuQmpCall, count + first);
    gboolean ok;

    if (first > 0) {
        all[0].command = "qmp_capabilities";
    }
    for (gsize i = 0; i < count; i++) {
        all[first + i] = calls[i];
    }
    ok = execute(session, all, count + first, error);
    for (gsize i = 0; session->record != NULL && i < count + first; i++) {
        record_call(session->record, &all[i]);
    }
    for (gsize i = 0; i < count; i++) {
        calls[i] = all[first + i];
    }
    if (first > 0) {
        virtcpu_qmp_call_clear(&all[0]);
        session->greeted = TRUE;
    }
    return ok;
}

gboolean
virtcpu_qemu_session_ask_vcpus(VirtCpuQemuSession *session, VirtCpuArch arch, VirtCpuVcpus *vcpus,
                               GError **error)
{
    if (!session->greeted &&
        !virtcpu_qmp_handshake(session->qmp, milliseconds_left(session), error)) {
        return FALSE;
    }
    session->greeted = TRUE;
    return virtcpu_vcpus_ask(session->qmp, arch, milliseconds_left(session), vcpus, error);
}

static void
set_sentence(const VirtCpuQemuSession *session, int code, const char *end, const char *why,
             const char *words, GError **error)
{
    if (g_str_equal(session->machine, VIRTCPU_QEMU_NO_MACHINE)) {
        virtcpu_error_set(error, code,
                          _("Failed to probe QEMU binary '%s' (%s): %s; it said: '%s'"),
                          session->binary, end, why, words);
    } else {
        virtcpu_error_set(error, code,
                          _("Failed to probe machine type '%s' of QEMU binary '%s' (%s): %s; it "
                            "said: '%s'"),
                          session->machine, session->binary, end, why, words);
    }
}

void
virtcpu_qemu_session_explain(VirtCpuQemuSession *session, GError *reason, GError **error)
{
    g_autoptr(GError) why = reason;
    g_autofree char *words = virtcpu_process_last_words(session->output, 0);
    g_autofree char *end = NULL;
    gboolean late = why->code == VIRTCPU_ERR_OPERATION_TIMEOUT;

    if (is_cancelled(session->cancel)) {
        set_aborted(session->binary, error);
        return;
    }
    if (!late && virtcpu_process_wait(session->process, END_MS)) {
        end = virtcpu_process_describe_exit(session->process);
        g_free(words);
        words = virtcpu_process_last_words(session->output, 0);
    }
    g_strdelimit(words, "\n", ' ');
    set_sentence(session, late ? VIRTCPU_ERR_OPERATION_TIMEOUT : VIRTCPU_ERR_INTERNAL_ERROR,
                 end != NULL ? end : _("still running"), why->message, words, error);
}
