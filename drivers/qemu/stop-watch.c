/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/stop-watch.h"

#include "conf/fd.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct {
    GSource base;
    VirtCpuFd fd;
} StopSource;

/* Signals that came together are one: who is told has to look at every child anyway. */
static gboolean
dispatch(GSource *source, GSourceFunc func, gpointer user_data)
{
    struct signalfd_siginfo info;

    while (read(((StopSource *)source)->fd, &info, sizeof(info)) == (gssize)sizeof(info)) {
        ;
    }
    return func(user_data);
}

static void
finalize(GSource *source)
{
    virtcpu_fd_close(((StopSource *)source)->fd);
}

GSource *
virtcpu_stop_watch_new(void)
{
    static GSourceFuncs funcs = { .dispatch = dispatch, .finalize = finalize };
    sigset_t child;
    GSource *source;
    int fd;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    source = g_source_new(&funcs, sizeof(StopSource));
    ((StopSource *)source)->fd = fd;
    g_source_set_static_name(source, "stopped QEMUs");
    g_source_add_unix_fd(source, fd, G_IO_IN);
    return source;
}
