/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/proc-stat.h"

#include <string.h>
#include <unistd.h>

/* Places behind the command name, from 0; proc(5) counts from 1 and has two before. */
enum {
    FIELD_USER_TIME = 14 - 3,
    FIELD_SYSTEM_TIME = 15 - 3,
    FIELD_PROCESSOR = 39 - 3,
};

static gboolean
read_field(char **fields, unsigned index, guint64 max, guint64 *value)
{
    return g_ascii_string_to_unsigned(fields[index], 10, 0, max, value, NULL);
}

gboolean
virtcpu_proc_stat_read(int pid, int thread, VirtCpuProcStat *stat)
{
    const guint64 tick = G_GUINT64_CONSTANT(1000000000) / (guint64)sysconf(_SC_CLK_TCK);
    g_autofree char *path = thread != 0 ? g_strdup_printf("/proc/%d/task/%d/stat", pid, thread)
                                        : g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *name_end = NULL;
    guint64 user, system, cpu;

    if (g_file_get_contents(path, &text, NULL, NULL)) {
        name_end = strrchr(text, ')'); /* the name may hold anything, parentheses too */
    }
    if (name_end == NULL || !g_str_has_prefix(name_end, ") ")) {
        return FALSE;
    }
    fields = g_strsplit(name_end + strlen(") "), " ", -1);
    if (g_strv_length(fields) <= FIELD_PROCESSOR ||
        !read_field(fields, FIELD_USER_TIME, G_MAXUINT64 / tick / 2, &user) ||
        !read_field(fields, FIELD_SYSTEM_TIME, G_MAXUINT64 / tick / 2, &system) ||
        !read_field(fields, FIELD_PROCESSOR, G_MAXINT, &cpu)) {
        return FALSE;
    }
    *stat = (VirtCpuProcStat){
        .cpu_time_ns = (user + system) * tick,
        .user_ns = user * tick,
        .system_ns = system * tick,
        .cpu = (int)cpu,
    };
    return TRUE;
}

guint64
virtcpu_proc_run_delay_ns(int pid, int thread)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/schedstat", pid, thread);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    guint64 delay = 0;

    if (g_file_get_contents(path, &text, NULL, NULL)) {
        fields = g_strsplit(text, " ", 3);
    }
    if (fields != NULL && g_strv_length(fields) == 3) {
        (void)read_field(fields, 1, G_MAXUINT64, &delay);
    }
    return delay;
}
