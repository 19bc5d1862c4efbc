/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/process-child.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* All that the child needs, made before fork: it may not allocate. */
typedef struct {
    const VirtCpuProcessOptions *options;
    char *const *environment;
    const char *folder;
    const int *fds; /* copies above every number they go to */
    int output, report;
    int null;
    pid_t parent;
} Plan;

/* Descriptors that close themselves. */
typedef struct {
    int *fds;
    gsize count;
} FdList;

static void
fd_list_clear(FdList *list)
{
    for (gsize i = 0; i < list->count; i++) {
        virtcpu_fd_close(list->fds[i]);
    }
    g_free(list->fds);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FdList, fd_list_clear)

/* A close-on-exec copy of @fd at @lowest or above, added to @list; -1 with an error. */
static int
copy_above(int fd, int lowest, FdList *list, GError **error)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, lowest);

    if (copy < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot duplicate a file descriptor"));
        return -1;
    }
    list->fds[list->count++] = copy;
    return copy;
}

static gboolean
reset_signals(void)
{
    sigset_t none;

    for (int signum = 1; signum < NSIG; signum++) {
        struct sigaction action = { .sa_handler = SIG_DFL };

        sigaction(signum, &action, NULL); /* refused for KILL, STOP and libc's own: fine */
    }
    return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* By the kernel's calls: the C library's would talk to threads that are not here. */
static gboolean
take_identity(const VirtCpuProcessIdentity *identity)
{
    return identity == NULL ||
           (syscall(SYS_setgroups, identity->groups_count, identity->groups) == 0 &&
            syscall(SYS_setresgid, identity->gid, identity->gid, identity->gid) == 0 &&
            syscall(SYS_setresuid, identity->uid, identity->uid, identity->uid) == 0);
}

static gboolean
allow_locking(gboolean wanted)
{
    const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

    return !wanted || setrlimit(RLIMIT_MEMLOCK, &none) == 0;
}

/* When the parent died before prctl took effect no signal will come, hence the look. */
static gboolean
bind_to_parent(const Plan *plan)
{
    return !plan->options->dies_with_caller ||
           (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == plan->parent);
}

static gboolean
limit_output(guint64 bytes)
{
    const struct rlimit no_core = { 0, 0 };
    struct rlimit limit = { bytes, bytes };

    return bytes == 0 ||
           (setrlimit(RLIMIT_FSIZE, &limit) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0);
}

static gboolean
place_fds(const Plan *plan)
{
    int first_closed = VIRTCPU_PROCESS_FIRST_FD + (int)plan->options->fds_count;
    gboolean ok = dup2(plan->null, STDIN_FILENO) >= 0 && dup2(plan->output, STDOUT_FILENO) >= 0 &&
                  dup2(plan->output, STDERR_FILENO) >= 0;

    for (gsize i = 0; ok && i < plan->options->fds_count; i++) {
        ok = dup2(plan->fds[i], VIRTCPU_PROCESS_FIRST_FD + (int)i) >= 0;
    }
    /* every descriptor of ours is close-on-exec; this is for those of libraries that are not, and
     * kernels before 5.11 do without */
    syscall(SYS_close_range, first_closed, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
    return ok;
}

/* The child's way to exec; returns only when a step failed. */
static void
run_child(const Plan *plan)
{
    /* the bond to the parent ends with a change of identity, so it is made after that */
    if (setsid() >= 0 && reset_signals() && place_fds(plan) &&
        allow_locking(plan->options->may_lock_memory) && take_identity(plan->options->identity) &&
        bind_to_parent(plan) && limit_output(plan->options->output_limit) &&
        chdir(plan->folder) == 0) {
        umask(plan->options->umask != 0 ? plan->options->umask : S_IRWXG | S_IRWXO);
        execve(plan->options->argv[0], plan->options->argv, plan->environment);
    }
}

/* Fork with all signals blocked, so that no handler of ours runs in the child. */
static pid_t
fork_child(const Plan *plan)
{
    sigset_t all, old;
    pid_t pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid = fork();
    if (pid == 0) {
        int reason;

        run_child(plan);
        reason = errno;
        if (write(plan->report, &reason, sizeof(reason)) < 0) {
            _exit(126);
        }
        _exit(127);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return pid;
}

/* What the child could not do: an errno, or 0 when the pipe closed on exec. */
static int
read_report(int fd)
{
    int reason = 0;
    gssize got;

    do {
        got = read(fd, &reason, sizeof(reason));
    } while (got < 0 && errno == EINTR);
    return got == sizeof(reason) ? reason : 0;
}

/* Start @plan's child and learn whether it came as far as exec. */
static pid_t
launch(Plan *plan, FdList *copies, int lowest, GError **error)
{
    int pipe_fds[2];
    pid_t pid;
    int reason;

    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a pipe"));
        return -1;
    }
    g_auto(VirtCpuFd) reader = pipe_fds[0];
    g_auto(VirtCpuFd) writer = pipe_fds[1];
    plan->report = copy_above(writer, lowest, copies, error);
    if (plan->report < 0) {
        return -1;
    }
    plan->parent = getpid();
    pid = fork_child(plan);
    if (pid < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot fork child process"));
        return -1;
    }
    virtcpu_fd_close(g_steal_fd(&writer));
    virtcpu_fd_close(copies->fds[--copies->count]);
    reason = read_report(reader);
    if (reason != 0) {
        waitpid(pid, NULL, 0);
        virtcpu_error_set_errno(error, reason, _("Cannot execute binary '%s'"),
                                plan->options->argv[0]);
        return -1;
    }
    return pid;
}

pid_t
virtcpu_process_spawn(const VirtCpuProcessOptions *options, GError **error)
{
    int lowest = VIRTCPU_PROCESS_FIRST_FD + (int)options->fds_count;
    g_auto(FdList) copies = { g_new(int, options->fds_count + 3), 0 };
    g_auto(VirtCpuFd) null = open("/dev/null", O_RDWR | O_CLOEXEC);
    g_auto(GStrv) environment = options->environment == NULL ? g_get_environ() : NULL;
    Plan plan = {
        .options = options,
        .environment = environment != NULL ? environment : options->environment,
        .folder = options->folder != NULL ? options->folder : "/",
        .fds = copies.fds,
    };

    if (null < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot open '%s'"), "/dev/null");
        return -1;
    }
    for (gsize i = 0; i < options->fds_count; i++) {
        if (copy_above(options->fds[i], lowest, &copies, error) < 0) {
            return -1;
        }
    }
    plan.null = copy_above(null, lowest, &copies, error);
    plan.output = plan.null >= 0 ? copy_above(options->output, lowest, &copies, error) : -1;
    return plan.output >= 0 ? launch(&plan, &copies, lowest, error) : -1;
}
