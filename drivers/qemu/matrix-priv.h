/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix' inside; for matrix*.c only. */
#pragma once

#include "drivers/qemu/matrix.h"

/* Values kept once, numbered in the order they came. */
typedef struct {
    GPtrArray *values; /* owns them */
    GHashTable *numbers;
    GDestroyNotify free_value;
} VirtCpuPool;

struct _VirtCpuQemuMatrix {
    VirtCpuPool models;   /* of char *: the columns */
    VirtCpuPool pairs;    /* of char *: "name=JSON" */
    VirtCpuPool sets;     /* of GBytes: contents, a bit for each pair, low bits first, the last byte
                             not 0 */
    VirtCpuPool refusals; /* of char * */
    GHashTable *rows;     /* machine to gint[models]: a set's number, ~ a refusal's, or unknown */
};

/* A cell that was not filled. */
#define VIRTCPU_QEMU_MATRIX_UNKNOWN G_MININT

/* The number of @value (transfer full), new or not. */
guint virtcpu_pool_add(VirtCpuPool *pool, gpointer value);
