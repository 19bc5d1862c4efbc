/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML words of an enum: one table each way, its length checked at compile time. */
#pragma once

#include <glib.h>

/* The words of one enum, by value. Always static const. */
typedef struct {
    const char *const *words;
    unsigned count;
} VirtCpuWords;

/* Define @table over the array @array, which must have a word for each value below @last. */
#define VIRTCPU_WORDS_DEFINE(table, array, last)                                                   \
    G_STATIC_ASSERT(G_N_ELEMENTS(array) == (last));                                                \
    const VirtCpuWords table = { (array), (last) }

/* Define @table over the array @array of words that are kept as they are, without an enum. */
#define VIRTCPU_WORDS_DEFINE_LIST(table, array)                                                    \
    const VirtCpuWords table = { (array), G_N_ELEMENTS(array) }

/* The word for @value; NULL out of range. Any thread. */
const char *virtcpu_words_to_string(const VirtCpuWords *table, int value);

/* The value of @word (may be NULL), or -1. Any thread. */
int virtcpu_words_from_string(const VirtCpuWords *table, const char *word);
