/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/proc-stat.h"

#include <sys/prctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Until some ticks of CPU time are ours, however busy the machine is with others. */
static void
burn(void)
{
    struct timespec used = { 0 };

    while (used.tv_sec == 0 && used.tv_nsec < 50 * 1000 * 1000) {
        g_assert_cmpint(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), ==, 0);
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
