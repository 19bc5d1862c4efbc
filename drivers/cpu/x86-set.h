/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of x86 features: one bit a feature, numbered in map order, one cache line in all. */
#pragma once

#include <glib.h>

#define X86_SET_WORDS 8

/* Plain data: copy by assignment, zero is the empty set. Any thread. */
typedef struct {
    guint64 words[X86_SET_WORDS];
} X86Set;

/* Put feature @index into @set. */
static inline void
x86_set_add(X86Set *set, gsize index)
{
    set->words[index / 64] |= G_GUINT64_CONSTANT(1) << (index % 64);
}

/* Take feature @index out of @set. */
static inline void
x86_set_remove(X86Set *set, gsize index)
{
    set->words[index / 64] &= ~(G_GUINT64_CONSTANT(1) << (index % 64));
}

/* TRUE when feature @index is in @set. */
static inline gboolean
x86_set_has(const X86Set *set, gsize index)
{
    return (set->words[index / 64] >> (index % 64)) & 1;
}

/* @set becomes @set or @other. */
static inline void
x86_set_unite(X86Set *set, const X86Set *other)
{
    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        set->words[i] |= other->words[i];
    }
}

/* @set keeps what is in @other too. */
static inline void
x86_set_intersect(X86Set *set, const X86Set *other)
{
    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        set->words[i] &= other->words[i];
    }
}

/* @set loses what is in @other. */
static inline void
x86_set_subtract(X86Set *set, const X86Set *other)
{
    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        set->words[i] &= ~other->words[i];
    }
}

/* What is in @set and not in @other. */
static inline X86Set
x86_set_difference(const X86Set *set, const X86Set *other)
{
    X86Set result = *set;

    x86_set_subtract(&result, other);
    return result;
}

/* TRUE when nothing is in @set. */
static inline gboolean
x86_set_is_empty(const X86Set *set)
{
    guint64 any = 0;

    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        any |= set->words[i];
    }
    return any == 0;
}

/* TRUE when all of @part is in @set. */
static inline gboolean
x86_set_contains(const X86Set *set, const X86Set *part)
{
    guint64 outside = 0;

    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        outside |= part->words[i] & ~set->words[i];
    }
    return outside == 0;
}

/* How many features are in @set. Bits are added up in pairs, then in fours, then in bytes of all
 * words at once: compilers make a call a word of __builtin_popcountll where they may not assume
 * the instruction. */
static inline gsize
x86_set_count(const X86Set *set)
{
    guint64 bytes = 0; /* eight sums, none above 8 * X86_SET_WORDS */

    for (gsize i = 0; i < X86_SET_WORDS; i++) {
        guint64 word = set->words[i];

        word -= (word >> 1) & G_GUINT64_CONSTANT(0x5555555555555555);
        word = (word & G_GUINT64_CONSTANT(0x3333333333333333)) +
               ((word >> 2) & G_GUINT64_CONSTANT(0x3333333333333333));
        bytes += (word + (word >> 4)) & G_GUINT64_CONSTANT(0x0f0f0f0f0f0f0f0f);
    }
    /* in sums of 16 bits, as all of them may be more than 255 */
    bytes = (bytes & G_GUINT64_CONSTANT(0x00ff00ff00ff00ff)) +
            ((bytes >> 8) & G_GUINT64_CONSTANT(0x00ff00ff00ff00ff));
    return (gsize)((bytes * G_GUINT64_CONSTANT(0x0001000100010001)) >> 48);
}

/* The first feature in @set at or after @index; X86_SET_WORDS * 64 at the end. For loops in map
 * order. */
static inline gsize
x86_set_next(const X86Set *set, gsize index)
{
    for (gsize word = index / 64; word < X86_SET_WORDS; word++) {
        guint64 rest = set->words[word];

        if (word == index / 64) {
            rest &= ~G_GUINT64_CONSTANT(0) << (index % 64);
        }
        if (rest != 0) {
            return word * 64 + (gsize)__builtin_ctzll(rest);
        }
    }
    return X86_SET_WORDS * 64;
}
