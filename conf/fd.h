/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File descriptors that close themselves at the end of their scope. */
#pragma once

#include <errno.h>
#include <glib.h>
#include <unistd.h>

/* A descriptor, or -1 for none: "g_auto(VirtCpuFd) fd = open(…)"; hand it on with g_steal_fd. */
typedef int VirtCpuFd;

/* Close @fd unless it is none; errno is kept. */
static inline void
virtcpu_fd_close(VirtCpuFd fd)
{
    if (fd >= 0) {
        int saved = errno;

        close(fd);
        errno = saved;
    }
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(VirtCpuFd, virtcpu_fd_close, -1)
