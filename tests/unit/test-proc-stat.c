/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/proc-stat.h"

#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

static void
burn(void)
{
    const gint64 until = g_get_monotonic_time() + 50 * G_TIME_SPAN_MILLISECOND;

    while (g_get_monotonic_time() < until) {
        continue;
    }
}

/* A command name that looks like the rest of the line does not mislead. */
static void
test_names(void)
{
    static const char *const names[] = { "plain", "a) R 1 2 3", ")", "( (", " ) 9 9" };

    burn();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        VirtCpuProcStat process = { 0 };
        VirtCpuProcStat thread = { 0 };

        g_assert_cmpint(prctl(PR_SET_NAME, names[i]), ==, 0);
        g_assert_true(virtcpu_proc_stat_read(getpid(), 0, &process));
        g_assert_true(virtcpu_proc_stat_read(getpid(), gettid(), &thread));
        g_assert_cmpuint(process.cpu_time_ns, >, 0);
        g_assert_cmpuint(process.cpu_time_ns, <, G_GUINT64_CONSTANT(100000000000));
        g_assert_cmpuint(thread.cpu_time_ns, >, 0);
        g_assert_cmpint(thread.cpu, >=, 0);
        g_assert_cmpint(thread.cpu, <, 16384);
    }
}

static void
test_nobody(void)
{
    VirtCpuProcStat stat = { .cpu = -7 };

    g_assert_false(virtcpu_proc_stat_read(G_MAXINT, 0, &stat));
    g_assert_false(virtcpu_proc_stat_read(getpid(), 1, &stat)); /* a process, but no thread of us */
    g_assert_cmpint(stat.cpu, ==, -7);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proc-stat/names", test_names);
    g_test_add_func("/proc-stat/nobody", test_nobody);
    return g_test_run();
}
