/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the machine's CPUs spent their time: /proc/stat. */
#include "drivers/host/host.h"
#include "drivers/host/sysfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NANOSECONDS G_GUINT64_CONSTANT(1000000000)

/* The numbers of the line of @text that begins with @name and a space, or NULL. */
static const char *
find_line(const char *text, const char *name)
{
    const gsize length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ' ') {
            return line + length;
        }
    }
    return NULL;
}

gboolean
virtcpu_host_cpu_times(const VirtCpuHost *host, int cpu, VirtCpuHostCpuTimes *times)
{
    const guint64 tick = NANOSECONDS / (guint64)sysconf(_SC_CLK_TCK);
    g_autofree char *text = virtcpu_sysfile_read(host->sysroot, "/proc/stat");
    g_autofree char *name = cpu >= 0 ? g_strdup_printf("cpu%d", cpu) : g_strdup("cpu");
    const char *numbers = text != NULL ? find_line(text, name) : NULL;
    guint64 user, nice, system, idle, iowait, irq, softirq;

    /* proc(5); time stolen by a hypervisor and time of guests (in user already) follow */
    if (numbers == NULL ||
        sscanf(numbers,
               "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64, &user,
               &nice, &system, &idle, &iowait, &irq, &softirq) != 7) {
        return FALSE;
    }
    *times = (VirtCpuHostCpuTimes){
        .kernel_ns = (system + irq + softirq) * tick,
        .user_ns = (user + nice) * tick,
        .idle_ns = idle * tick,
        .iowait_ns = iowait * tick,
    };
    return TRUE;
}
