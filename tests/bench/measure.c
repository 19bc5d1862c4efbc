/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/measure.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUDGET_NS (G_GUINT64_CONSTANT(250) * 1000 * 1000)

void
measure_init(Measure *measure, const char *once)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(attr),
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };

    measure->once = once;
    measure->fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void
measure_clear(Measure *measure)
{
    if (measure->fd >= 0) {
        close(measure->fd);
    }
}

static guint64
now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (guint64)time.tv_sec * 1000000000 + (guint64)time.tv_nsec;
}

/* Nanoseconds for @count calls; @instructions gets theirs, or 0. */
static guint64
time_calls(const Measure *measure, guint64 count, MeasureFunc func, gpointer data,
           guint64 *instructions)
{
    guint64 start;
    guint64 elapsed;

    *instructions = 0;
    if (measure->fd >= 0) {
        ioctl(measure->fd, PERF_EVENT_IOC_RESET, 0);
        ioctl(measure->fd, PERF_EVENT_IOC_ENABLE, 0);
    }
    start = now_ns();
    for (guint64 i = 0; i < count; i++) {
        func(data);
    }
    elapsed = now_ns() - start;
    if (measure->fd >= 0) {
        ioctl(measure->fd, PERF_EVENT_IOC_DISABLE, 0);
        if (read(measure->fd, instructions, sizeof(*instructions)) != sizeof(*instructions)) {
            *instructions = 0;
        }
    }
    return elapsed;
}

void
measure_once(MeasureFunc func, gpointer data)
{
    func(data);
}

void
measure_run(const Measure *measure, const char *name, guint64 operations, MeasureFunc func,
            gpointer data)
{
    guint64 count = 1;
    guint64 instructions;
    guint64 elapsed;
    double total;

    if (measure->once != NULL) {
        if (g_str_equal(measure->once, name)) {
            func(data); /* whatever only the first time takes */
            measure_once(func, data);
        }
        return;
    }
    elapsed = time_calls(measure, count, func, data, &instructions);
    if (elapsed < BUDGET_NS) {
        count = BUDGET_NS / MAX(elapsed, 1) / 4 + 1;
        elapsed = time_calls(measure, count, func, data, &instructions);
        count = MAX(BUDGET_NS / MAX(elapsed / count, 1), 1);
        elapsed = time_calls(measure, count, func, data, &instructions);
    }
    total = (double)count * (double)operations;
    g_print("%-34s%14.1f ns/op", name, (double)elapsed / total);
    if (instructions > 0) {
        g_print("%14.1f instructions/op", (double)instructions / total);
    } else {
        g_print("%14s instructions/op", "-");
    }
    g_print("%12" G_GUINT64_FORMAT " times\n", count);
}
