/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/fd.h"
#include "drivers/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel gives one whole record a read, and none is longer. */
#define RECORD_BYTES 8192

gboolean
virtcpu_host_ran_out_of_memory(pid_t pid)
{
    /* behind "Out of " or "Memory cgroup out of " */
    g_autofree char *words = g_strdup_printf(" memory: Killed process %d (", (int)pid);
    g_auto(VirtCpuFd) fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char record[RECORD_BYTES];
    gssize got;

    if (fd < 0) {
        return FALSE;
    }
    /* EPIPE: records were lost to newer ones; the next read goes on with those */
    while ((got = read(fd, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
        record[MAX(got, 0)] = '\0';
        if (strstr(record, words) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}
