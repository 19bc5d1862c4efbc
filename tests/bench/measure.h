/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time and instructions of a piece of work, for the benchmarks. */
#pragma once

#include <glib.h>

/* What is measured: once over @data. */
typedef void (*MeasureFunc)(gpointer data);

/* Counts instructions of this thread; made once a program. */
typedef struct {
    int fd; /* perf event, or -1 when the kernel does not permit one */
} Measure;

/* Ready to measure; without instruction counts where perf_event_open is not permitted. */
void measure_init(Measure *measure);

/* Release what @measure holds. */
void measure_clear(Measure *measure);

/* Do @func as often as fits in a quarter of a second (at least once, after one warm-up when
 * it is short) and print a row: @name, nanoseconds an operation, instructions an operation ("-":
 * not permitted), repetitions. Each call counts as @operations. */
void measure_run(const Measure *measure, const char *name, guint64 operations, MeasureFunc func,
                 gpointer data);
