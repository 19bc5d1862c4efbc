/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/process.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/process-child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_WORDS_BYTES 512

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct _VirtCpuProcess {
    pid_t pid;
    VirtCpuFd pidfd;
    guint64 start_time;
    gboolean child;  /* ours to reap */
    GSource *source; /* the watch, or NULL */
    VirtCpuProcessExitFunc func;
    gpointer user_data;

    GMutex lock; /* guards all below */
    gboolean ended;
    gboolean has_status;
    int status_code, status; /* si_code and si_status of waitid */
};

/* Field 22 of /proc/PID/stat. The command name before it may contain anything, its last ')' ends
 * it. */
static gboolean
read_start_time(pid_t pid, guint64 *start_time)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *rest;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return FALSE;
    }
    rest = strrchr(text, ')');
    fields = g_strsplit(rest != NULL ? rest : "", " ", 22);
    return g_strv_length(fields) > 20 &&
           g_ascii_string_to_unsigned(fields[20], 10, 0, G_MAXUINT64, start_time, NULL);
}

static VirtCpuProcess *
process_new(pid_t pid, gboolean child, GError **error)
{
    g_autoptr(VirtCpuProcess) process = g_new0(VirtCpuProcess, 1);

    g_mutex_init(&process->lock);
    process->pid = pid;
    process->child = child;
    process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process->pidfd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot watch process %d"), (int)pid);
        return NULL;
    }
    fcntl(process->pidfd, F_SETFD, FD_CLOEXEC);
    if (!read_start_time(pid, &process->start_time)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("process %d is gone"), (int)pid);
        return NULL;
    }
    return g_steal_pointer(&process);
}

VirtCpuProcess *
virtcpu_process_start(const VirtCpuProcessOptions *options, GError **error)
{
    g_autoptr(VirtCpuProcess) process = NULL;
    pid_t pid = virtcpu_process_spawn(options, error);

    if (pid < 0) {
        return NULL;
    }
    process = process_new(pid, TRUE, error);
    if (process == NULL) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return g_steal_pointer(&process);
}

VirtCpuProcess *
virtcpu_process_adopt(pid_t pid, guint64 start_time, GError **error)
{
    g_autoptr(VirtCpuProcess) process = process_new(pid, FALSE, error);

    /* the pidfd is open by now, so the number cannot change hands any more */
    if (process != NULL && start_time != VIRTCPU_PROCESS_ANY_TIME &&
        process->start_time != start_time) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("process %d is gone and another has its number"), (int)pid);
        return NULL;
    }
    /* a zombie that nobody has reaped still has its number and start time */
    if (process != NULL && virtcpu_process_wait(process, 0)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("process %d is gone"), (int)pid);
        return NULL;
    }
    return g_steal_pointer(&process);
}

void
virtcpu_process_free(VirtCpuProcess *process)
{
    if (process == NULL) {
        return;
    }
    if (process->source != NULL) {
        g_source_destroy(process->source);
        g_source_unref(process->source);
    }
    virtcpu_fd_close(process->pidfd);
    g_mutex_clear(&process->lock);
    g_free(process);
}

pid_t
virtcpu_process_pid(const VirtCpuProcess *process)
{
    return process->pid;
}

guint64
virtcpu_process_start_time(const VirtCpuProcess *process)
{
    return process->start_time;
}

gboolean
virtcpu_process_kill(VirtCpuProcess *process, int signum, GError **error)
{
    if (syscall(SYS_pidfd_send_signal, process->pidfd, signum, NULL, 0) != 0 && errno != ESRCH) {
        virtcpu_error_set_errno(error, errno, _("cannot send signal %d to process %d"), signum,
                                (int)process->pid);
        return FALSE;
    }
    return TRUE;
}

/* Collect a child's status once. */
static void
reap(VirtCpuProcess *process)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&process->lock);
    siginfo_t info = { 0 };

    if (!process->ended && process->child &&
        waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) == 0) {
        process->has_status = info.si_pid != 0;
        process->status_code = info.si_code;
        process->status = info.si_status;
    }
    process->ended = TRUE;
}

gboolean
virtcpu_process_wait(VirtCpuProcess *process, unsigned timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    int ready;

    do {
        struct pollfd watched = { .fd = process->pidfd, .events = POLLIN };
        gint64 left_ms = (deadline - g_get_monotonic_time() + 999) / 1000;

        ready = poll(&watched, 1, (int)CLAMP(left_ms, 0, G_MAXINT));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        return FALSE;
    }
    reap(process);
    return TRUE;
}

VirtCpuProcessChange
virtcpu_process_change(VirtCpuProcess *process, int *signum)
{
    siginfo_t info = { 0 };

    if (!process->child ||
        waitid(P_PIDFD, (id_t)process->pidfd, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0) {
        return VIRTCPU_PROCESS_UNCHANGED;
    }
    if (info.si_code == CLD_STOPPED && info.si_pid != 0) {
        *signum = info.si_status;
        return VIRTCPU_PROCESS_STOPPED;
    }
    return info.si_code == CLD_CONTINUED && info.si_pid != 0 ? VIRTCPU_PROCESS_CONTINUED
                                                             : VIRTCPU_PROCESS_UNCHANGED;
}

static gboolean
on_ended(int fd, GIOCondition condition, gpointer data)
{
    VirtCpuProcess *process = data;

    reap(process);
    process->func(process, process->user_data);
    return G_SOURCE_REMOVE;
}

void
virtcpu_process_watch(VirtCpuProcess *process, GMainContext *context, VirtCpuProcessExitFunc func,
                      gpointer user_data)
{
    g_return_if_fail(process->source == NULL);
    process->func = func;
    process->user_data = user_data;
    process->source = g_unix_fd_source_new(process->pidfd, G_IO_IN);
    g_source_set_callback(process->source, G_SOURCE_FUNC(on_ended), process, NULL);
    g_source_attach(process->source, context);
}

char *
virtcpu_process_describe_exit(VirtCpuProcess *process)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&process->lock);

    if (!process->has_status) {
        return g_strdup(_("exit status unknown"));
    }
    return g_strdup_printf(process->status_code == CLD_EXITED ? _("exit status %d")
                                                              : _("killed by signal %d"),
                           process->status);
}

char *
virtcpu_process_last_words(int fd, guint64 from)
{
    char words[LAST_WORDS_BYTES + 1];
    struct stat info;
    guint64 start;
    gssize got;

    if (fstat(fd, &info) != 0 || (guint64)info.st_size <= from) {
        return g_strdup("");
    }
    start = MAX(from, (guint64)info.st_size - MIN((guint64)info.st_size, LAST_WORDS_BYTES));
    got = pread(fd, words, LAST_WORDS_BYTES, (off_t)start);
    for (gssize i = 0; i < got; i++) {
        if (words[i] != '\n' && (guchar)words[i] < ' ') {
            words[i] = ' ';
        }
    }
    g_autofree char *text = g_utf8_make_valid(words, MAX(got, 0));
    return g_strdup(g_strstrip(text));
}
