/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU process: started in a session of its own, watched and killed through a pidfd, so that
 * nothing ever waits by polling and no signal goes to a stranger that got its number. */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

/* The first inherited descriptor's number in the child; the others follow. */
#define VIRTCPU_PROCESS_FIRST_FD 3

typedef struct _VirtCpuProcess VirtCpuProcess;

/* A start time that every process has, for one whose number cannot have changed hands. */
#define VIRTCPU_PROCESS_ANY_TIME 0

/* Whom a process runs as. */
typedef struct {
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* supplementary ones */
    gsize groups_count;
} VirtCpuProcessIdentity;

/* How to start one; zero is the default of every field. All transfer none. */
typedef struct {
    char *const *argv;        /* NULL-terminated; argv[0] is the absolute path to run */
    char *const *environment; /* "NAME=value", NULL-terminated; NULL: this process's */
    const char *folder;       /* working directory; NULL: "/" */
    const int *fds;           /* inherited as 3, 4, … in this order; all others are closed */
    gsize fds_count;
    int output;                /* standard output and error; standard input is /dev/null */
    mode_t umask;              /* 0: 077 */
    gboolean dies_with_caller; /* kill it when the calling thread ends (probes, never domains) */
    const VirtCpuProcessIdentity *identity; /* NULL: the caller's */
    gboolean may_lock_memory;               /* any amount of it */
    guint64 output_limit; /* bytes a file may grow to by its hand, then it is killed; 0: none */
} VirtCpuProcessOptions;

/* Start it. Signals are reset and unblocked in the child. Returns (transfer full), or NULL with
 * SYSTEM_ERROR when it could not be executed. Any thread. */
VirtCpuProcess *virtcpu_process_start(const VirtCpuProcessOptions *options,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Take over the running process @pid that was started at @start_time (see
 * virtcpu_process_start_time), usually by an earlier daemon. NULL with OPERATION_FAILED when it is
 * gone or another process has its number (transfer full). Any thread. */
VirtCpuProcess *virtcpu_process_adopt(pid_t pid, guint64 start_time,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let go of @process (may be NULL): a watch on it ends, the process itself lives on. */
void virtcpu_process_free(VirtCpuProcess *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuProcess, virtcpu_process_free)

/* Its number. */
pid_t virtcpu_process_pid(const VirtCpuProcess *process);

/* When it started, in clock ticks since boot (field 22 of /proc/PID/stat): with the number it names
 * a process for ever. */
guint64 virtcpu_process_start_time(const VirtCpuProcess *process);

/* Send @signum; a process that has ended is no error. SYSTEM_ERROR. Any thread. */
gboolean virtcpu_process_kill(VirtCpuProcess *process, int signum,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Wait until it has ended, at most @timeout_ms (0: only look). FALSE when it still runs. Reaps a
 * child. Any thread. */
gboolean virtcpu_process_wait(VirtCpuProcess *process, unsigned timeout_ms);

/* What stopping and going on look like. */
typedef enum {
    VIRTCPU_PROCESS_UNCHANGED,
    VIRTCPU_PROCESS_STOPPED, /* by a signal */
    VIRTCPU_PROCESS_CONTINUED,
} VirtCpuProcessChange;

/* What became of it since this was last asked; @signum gets what stopped it. Only of a child the
 * kernel tells. Any thread. */
VirtCpuProcessChange virtcpu_process_change(VirtCpuProcess *process, int *signum);

/* The process ended. */
typedef void (*VirtCpuProcessExitFunc)(VirtCpuProcess *process, gpointer user_data);

/* Call @func once on @context's thread when it ends; at most one watch. Call and free on that
 * thread, too. */
void virtcpu_process_watch(VirtCpuProcess *process, GMainContext *context,
                           VirtCpuProcessExitFunc func, gpointer user_data);

/* How it ended, after a wait said so: "exit status 1", "killed by signal 9", or for an adopted
 * process, whose status only its parent learns, "exit status unknown"; translated (transfer full).
 */
char *virtcpu_process_describe_exit(VirtCpuProcess *process) G_GNUC_WARN_UNUSED_RESULT;

/* The last lines of file @fd, what comes after byte @from, at most 512 bytes, as printable text
 * without white space around; "" when there are none (transfer full). */
char *virtcpu_process_last_words(int fd, guint64 from) G_GNUC_WARN_UNUSED_RESULT;
