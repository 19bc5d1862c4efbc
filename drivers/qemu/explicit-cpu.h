/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The explicit form of a guest CPU: a model that brings nothing, and every property by name. What
 * the properties are is QEMU's own word, see explicit-ask.h. Pure. */
#pragma once

#include "drivers/qemu/caps.h"

/* A CPU as it stands on a command line. */
typedef struct {
    char *cpu;      /* the value of -cpu */
    char **globals; /* a value of -global each: what has a comma cannot stand in -cpu (an option's
                       own parser does not know how to escape one); NULL-terminated, may be empty */
} VirtCpuCpuLine;

/* Release what @line owns; legal on a zeroed one. */
void virtcpu_cpu_line_clear(VirtCpuCpuLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuCpuLine, virtcpu_cpu_line_clear)

/* What a line is written from; nothing is kept. Properties are objects as the "props" that
 * query-cpu-model-expansion answers, of type "full". */
typedef struct {
    const VirtCpuQemuCaps *caps; /* of the QEMU that is to run the CPU */
    const char *model;           /* exact version to stay with where it cannot be left */
    const VirtCpuJson *props;    /* what the CPU is to be, under whatever QEMU and machine type that
                                    was asked or read */
    const VirtCpuJson *bare;     /* of virtcpu_explicit_bare_model under the machine type and QEMU
                                    that are to run it; NULL: there is none */
    const VirtCpuJson *named;    /* likewise of @model; NULL: @bare does not matter to it */
    gboolean realised; /* @props were read from a vCPU: levels stay as they turned out, instead of
                          following topology and features as QEMU lets them */
} VirtCpuExplicitInput;

/* The model of @caps that has no feature: "custom", else "base"; NULL when it has neither (transfer
 * none). */
const VirtCpuHvModel *virtcpu_explicit_bare_model(const VirtCpuQemuCaps *caps);

/* TRUE when a CPU with @props can only be had of the model that it came from: the bare model has no
 * cache description of its own (QEMU refuses legacy-cache=off). */
gboolean virtcpu_explicit_stays_named(const VirtCpuJson *props);

/* TRUE when property @name says what a CPU is: not where it is placed, nor how it came to be. */
gboolean virtcpu_explicit_is_content(const char *name);

/* TRUE when a QEMU that does not know property @name has it as @value all the same: off, zero,
 * empty, or what had no name before. */
gboolean virtcpu_explicit_is_nothing(const char *name, const VirtCpuJson *value);

/* The properties of @input that the bare CPU has not, in the order they are written (transfer
 * full). Errors: those of virtcpu_explicit_write. Any thread. */
VirtCpuJson *virtcpu_explicit_difference(const VirtCpuExplicitInput *input,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @input into zeroed @line. Only what differs from the bare CPU is written: identity,
 * features, paravirtual properties, caches, address bits, and what machine types turn, each group
 * in its own fixed order. A CPU that stays with its model also has all that differs from that.
 * Without a bare model every property is written behind the model's name. A property that the QEMU
 * lacks is left out when it is off or empty. Errors: CONFIG_UNSUPPORTED naming one that is on. Any
 * thread. */
gboolean virtcpu_explicit_write(const VirtCpuExplicitInput *input, VirtCpuCpuLine *line,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
