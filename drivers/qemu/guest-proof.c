/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-proof.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/account.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/guest-options.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/qmp-socket.h"
#include "guest-image.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One vCPU's share of it lets 288 of them come up on a machine that is busy. */
#define DEFAULT_TIMEOUT_MS  30000
#define DEFAULT_PER_VCPU_MS 250
/* How long one that hung up gets to end by itself and say how. */
#define END_MS 1000
/* No file that the QEMU writes grows beyond: the largest answer, and what it may print. */
#define OUTPUT_BYTES (16 * 1024 * 1024)

/* Descriptors as the QEMU inherits them. */
enum {
    FD_MONITOR = VIRTCPU_PROCESS_FIRST_FD,
    FD_IMAGE,
    FD_ANSWER,
};

typedef struct {
    const VirtCpuGuestInput *input;
    gint64 deadline;
    VirtCpuFd image, answer, output;
    VirtCpuProcess *process;
    VirtCpuQmp *qmp;
} Run;

/* The QEMU has nothing to lose: it is killed. */
static void
run_clear(Run *run)
{
    virtcpu_qmp_unref(run->qmp);
    if (run->process != NULL) {
        g_autoptr(GError) error = NULL;

        if (!virtcpu_process_kill(run->process, SIGKILL, &error)) {
            g_warning("%s", error->message);
        } else if (!virtcpu_process_wait(run->process, END_MS)) {
            g_warning("'%s' was killed and does not end", run->input->caps->binary);
        }
        virtcpu_process_free(run->process);
    }
    virtcpu_fd_close(run->image);
    virtcpu_fd_close(run->answer);
    virtcpu_fd_close(run->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

void
virtcpu_guest_proof_clear(VirtCpuGuestProof *proof)
{
    virtcpu_vcpus_clear(&proof->says);
    g_clear_pointer(&proof->sees, g_ptr_array_unref);
    g_clear_pointer(&proof->end, g_free);
}

static unsigned
milliseconds_left(const Run *run)
{
    return (unsigned)CLAMP((run->deadline - g_get_monotonic_time()) / 1000, 1, G_MAXINT);
}

/* The command line; ports as in guest/probe.S (transfer full). */
static char **
build_argv(const VirtCpuGuestInput *input, GError **error)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *monitor = g_strdup_printf("socket,id=monitor,fd=%d", FD_MONITOR);
    g_autofree char *image = g_strdup_printf("/proc/self/fd/%d", FD_IMAGE);
    g_autofree char *answer = g_strdup_printf("file,id=answer,path=/proc/self/fd/%d", FD_ANSWER);

    g_strv_builder_add_many(argv, input->caps->binary, "-no-user-config", "-nodefaults", "-display",
                            "none", "-no-reboot", NULL);
    if (!virtcpu_guest_options_add(argv, input, FD_MONITOR, error)) {
        return NULL;
    }
    if (!input->unasked) {
        g_strv_builder_add_many(argv, "-S", "-chardev", monitor, "-mon",
                                "chardev=monitor,mode=control", NULL);
    }
    g_strv_builder_add_many(argv, "-bios", image, "-chardev", answer, "-device",
                            "isa-debugcon,iobase=0x402,chardev=answer", "-device",
                            "isa-debug-exit,iobase=0x501", NULL);
    return g_strv_builder_end(argv);
}

char *
virtcpu_guest_proof_digest(const VirtCpuGuestInput *input, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_auto(GStrv) words = NULL;

    if (!virtcpu_guest_options_add_cpu(builder, input, FD_MONITOR, error)) {
        return NULL;
    }
    words = g_strv_builder_end(builder);
    for (char **word = words; *word != NULL; word++) {
        g_checksum_update(checksum, (const guchar *)*word, (gssize)strlen(*word) + 1);
    }
    g_checksum_update(checksum, guest_image, sizeof(guest_image));
    return g_strdup(g_checksum_get_string(checksum));
}

/* A memory file into @fd. */
static gboolean
make_file(const char *name, VirtCpuFd *fd, GError **error)
{
    *fd = memfd_create(name, MFD_CLOEXEC);
    if (*fd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a memory file"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
write_image(Run *run, GError **error)
{
    gsize done = 0;

    while (done < sizeof(guest_image)) {
        gssize count = write(run->image, guest_image + done, sizeof(guest_image) - done);

        if (count < 0 && errno != EINTR) {
            virtcpu_error_set_errno(error, errno, _("cannot write a memory file"));
            return FALSE;
        }
        done += count > 0 ? (gsize)count : 0;
    }
    return TRUE;
}

static gboolean
start(Run *run, GError **error)
{
    g_auto(GStrv) argv = build_argv(run->input, error);
    g_auto(GStrv) environment = virtcpu_args_environment(run->input->def);
    g_auto(VirtCpuFd) theirs = -1;
    int ours = -1;
    g_autoptr(VirtCpuAccount) account = virtcpu_account_new_for_questions(
        run->input->caps->binary, run->input->caps->virt_type == VIRTCPU_VIRT_KVM);
    VirtCpuProcessOptions options = {
        .argv = argv,
        .environment = environment,
        .identity = account != NULL ? virtcpu_account_identity(account) : NULL,
        .dies_with_caller = TRUE,
        .output_limit = OUTPUT_BYTES,
    };

    if (argv == NULL || !make_file("virtcpu-guest-image", &run->image, error) ||
        !make_file("virtcpu-guest-answer", &run->answer, error) ||
        !make_file("virtcpu-guest-output", &run->output, error) || !write_image(run, error) ||
        !virtcpu_qmp_socketpair(&ours, &theirs, error)) {
        return FALSE;
    }
    run->qmp = virtcpu_qmp_new(ours, NULL, NULL, NULL, NULL);
    options.fds = (int[]){ theirs, run->image, run->answer };
    options.fds_count = 3;
    options.output = run->output;
    run->process = virtcpu_process_start(&options, error);
    return run->process != NULL;
}

/* The firmware ends the QEMU when it has told all. */
static GPtrArray *
read_answer(Run *run, GError **error)
{
    g_autofree guint8 *bytes = NULL;
    struct stat info;
    gssize count;

    if (!virtcpu_process_wait(run->process, milliseconds_left(run))) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_TIMEOUT,
                          _("the firmware in the guest does not come to its end"));
        return NULL;
    }
    if (fstat(run->answer, &info) != 0 || info.st_size > OUTPUT_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("the guest's answer is too long"));
        return NULL;
    }
    bytes = g_malloc((gsize)info.st_size + 1);
    count = pread(run->answer, bytes, (gsize)info.st_size, 0);
    return virtcpu_guest_answer_parse(bytes, (gsize)MAX(count, 0), run->input->def->arch, error);
}

/* Let the guest run. The firmware may end the QEMU before that has told that it continues. */
static gboolean
let_run(Run *run, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (virtcpu_qmp_execute(run->qmp, "cont", NULL, milliseconds_left(run), NULL, &reason) ||
        virtcpu_process_wait(run->process, END_MS)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

/* What QEMU says while it is paused; then it runs. */
static gboolean
ask(Run *run, VirtCpuGuestProof *proof, GError **error)
{
    return virtcpu_qmp_handshake(run->qmp, milliseconds_left(run), error) &&
           virtcpu_vcpus_ask(run->qmp, run->input->def->arch, milliseconds_left(run), &proof->says,
                             error) &&
           let_run(run, error);
}

static gboolean
collect(Run *run, VirtCpuGuestProof *proof, GError **error)
{
    if (!run->input->unasked && !ask(run, proof, error)) {
        return FALSE;
    }
    proof->sees = read_answer(run, error);
    return proof->sees != NULL;
}

/* Runs in the thread that cancels. The QEMU's end is what the proof then meets. */
static void
cancelled(GCancellable *cancel, gpointer process)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_process_kill(process, SIGKILL, &error)) {
        g_warning("%s", error->message);
    }
}

static gboolean
collect_unless_cancelled(Run *run, VirtCpuGuestProof *proof, GError **error)
{
    GCancellable *cancel = run->input->cancel;
    const gulong watch =
        cancel != NULL ? g_cancellable_connect(cancel, G_CALLBACK(cancelled), run->process, NULL)
                       : 0;
    const gboolean done = collect(run, proof, error);

    g_cancellable_disconnect(cancel, watch);
    return done;
}

/* Turn @reason (transfer full) into one sentence with how QEMU ended and what it said last, and
 * these into proof->end. */
static void
explain(Run *run, GError *reason, VirtCpuGuestProof *proof, GError **error)
{
    g_autoptr(GError) why = reason;
    g_autofree char *words = NULL;
    g_autofree char *end = NULL;
    gboolean late = g_error_matches(why, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT);

    if (g_cancellable_is_cancelled(run->input->cancel)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED,
                          _("the proof of the CPU in a guest of '%s' was cancelled"),
                          run->input->caps->binary);
        return;
    }
    if (virtcpu_process_wait(run->process, late ? 0 : END_MS)) {
        end = virtcpu_process_describe_exit(run->process);
    }
    words = virtcpu_process_last_words(run->output, 0);
    g_strdelimit(words, "\n", ' ');
    if (end != NULL) {
        proof->end = g_strdup_printf(words[0] != '\0' ? "%s: %s" : "%s%s", end, words);
    }
    virtcpu_error_set(error, late ? VIRTCPU_ERR_OPERATION_TIMEOUT : VIRTCPU_ERR_INTERNAL_ERROR,
                      _("cannot prove the CPU in a guest of '%s', machine type '%s' (%s): %s; "
                        "QEMU said: '%s'"),
                      run->input->caps->binary, run->input->def->machine,
                      end != NULL ? end : _("still running"), why->message, words);
}

gboolean
virtcpu_guest_proof_check(const VirtCpuGuestInput *input, GError **error)
{
    const VirtCpuDomainDef *def = input->def;

    if (GUEST_IMAGE_BYTES == 0 || !virtcpu_arch_runs(virtcpu_arch_host(), def->arch)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("this virtcpu has no firmware that asks a guest of architecture %s"),
                          virtcpu_arch_to_string(def->arch));
        return FALSE;
    }
    if (input->max_vcpus == 0 && def->vcpus > VIRTCPU_GUEST_MAX_VCPUS) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("a guest of %u vCPUs cannot be proven: the firmware has room for %d"),
                          def->vcpus, VIRTCPU_GUEST_MAX_VCPUS);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_guest_proof_run(const VirtCpuGuestInput *input, VirtCpuGuestProof *proof, GError **error)
{
    const unsigned vcpus =
        input->max_vcpus != 0 ? MIN(input->max_vcpus, input->def->vcpus) : input->def->vcpus;
    const unsigned timeout_ms = input->timeout_ms != 0
                                    ? input->timeout_ms
                                    : DEFAULT_TIMEOUT_MS + vcpus * DEFAULT_PER_VCPU_MS;
    const gint64 begun = g_get_monotonic_time();
    g_auto(Run) run = {
        .input = input,
        .deadline = begun + (gint64)timeout_ms * 1000,
        .image = -1,
        .answer = -1,
        .output = -1,
    };
    GError *reason = NULL;

    if (!virtcpu_guest_proof_check(input, error) || !start(&run, error)) {
        return FALSE;
    }
    if (!collect_unless_cancelled(&run, proof, &reason)) {
        explain(&run, reason, proof, error);
        return FALSE;
    }
    proof->microseconds = g_get_monotonic_time() - begun;
    return TRUE;
}
