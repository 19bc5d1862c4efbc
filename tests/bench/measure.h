/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time and instructions of a piece of work, for the benchmarks. */
#pragma once

#include <glib.h>

/* What is measured: once over @data. */
typedef void (*MeasureFunc)(gpointer data);

/* Counts instructions of this thread; made once a program. */
typedef struct {
    int fd;           /* perf event, or -1 when the kernel does not permit one */
    const char *once; /* do only the row of this name, once and unmeasured; NULL: measure all */
} Measure;

/* Ready to measure; without instruction counts where perf_event_open is not permitted. @once: see
 * Measure; count-instructions has another program count what that row takes. */
void measure_init(Measure *measure, const char *once);

/* Release what @measure holds. */
void measure_clear(Measure *measure);

/* Do @func as often as fits in a quarter of a second (at least once, after one warm-up when
 * it is short) and print a row: @name, nanoseconds an operation, instructions an operation ("-":
 * not permitted), repetitions. Each call counts as @operations. */
void measure_run(const Measure *measure, const char *name, guint64 operations, MeasureFunc func,
                 gpointer data);

/* @func over @data: a name by which its instructions can be told from the program's. */
void measure_once(MeasureFunc func, gpointer data) __attribute__((noinline));
