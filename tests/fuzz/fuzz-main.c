/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz driver over a folder of samples: each as it is, then damaged in seeded ways. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#define MAX_BYTES 65536
/* An input that takes longer hangs. */
#define SECONDS_PER_INPUT 120

typedef struct {
    GRand *random;
    GPtrArray *samples; /* of GByteArray */
} Fuzz;

static guint
below(const Fuzz *fuzz, guint limit)
{
    return (guint)g_rand_int_range(fuzz->random, 0, (gint32)MAX(limit, 1));
}

static const GByteArray *
pick(const Fuzz *fuzz)
{
    return g_ptr_array_index(fuzz->samples, below(fuzz, fuzz->samples->len));
}

/* Put a piece of another sample somewhere into @input. */
static void
splice(const Fuzz *fuzz, GByteArray *input)
{
    const GByteArray *other = pick(fuzz);
    guint from = below(fuzz, other->len);
    guint count = below(fuzz, MIN(other->len - from, 512) + 1);
    guint at = below(fuzz, input->len + 1);
    g_autoptr(GByteArray) result = g_byte_array_new();

    g_byte_array_append(result, input->data, at);
    g_byte_array_append(result, other->data + from, count);
    g_byte_array_append(result, input->data + at, input->len - at);
    g_byte_array_set_size(input, 0);
    g_byte_array_append(input, result->data, MIN(result->len, MAX_BYTES));
}

/* One change: a byte, a bit, a piece taken out, the end cut off, or a piece of another sample. */
static void
damage(const Fuzz *fuzz, GByteArray *input)
{
    static const guint8 bytes[] = { '\0', '<', '>', '\'', '"', '0', '9', '-', '{', '}', '[', 0xff };
    guint at = below(fuzz, input->len);

    if (input->len == 0) {
        splice(fuzz, input);
        return;
    }
    switch (below(fuzz, 5)) {
    case 0:
        input->data[at] = bytes[below(fuzz, G_N_ELEMENTS(bytes))];
        break;
    case 1:
        input->data[at] ^= (guint8)(1u << below(fuzz, 8));
        break;
    case 2:
        g_byte_array_remove_range(input, at, 1 + below(fuzz, MIN(input->len - at, 64)));
        break;
    case 3:
        g_byte_array_set_size(input, at);
        break;
    default:
        splice(fuzz, input);
        break;
    }
}

static void
run_one(const GByteArray *input)
{
    /* a copy of the exact size, so that a sanitizer sees one byte too far; never NULL */
    g_autofree guint8 *copy = g_malloc(MAX(input->len, 1));

    if (input->len > 0) {
        memcpy(copy, input->data, input->len);
    }
    alarm(SECONDS_PER_INPUT);
    LLVMFuzzerTestOneInput(copy, input->len);
    alarm(0);
}

static void
run_damaged(const Fuzz *fuzz)
{
    g_autoptr(GByteArray) input = g_byte_array_new();
    const GByteArray *sample = pick(fuzz);

    g_byte_array_append(input, sample->data, sample->len);
    for (guint count = 1 + below(fuzz, 4); count > 0; count--) {
        damage(fuzz, input);
    }
    run_one(input);
}

static GPtrArray *
read_samples(const char *folder)
{
    GPtrArray *samples = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        gchar *text = NULL;
        gsize length;

        if (g_file_get_contents(path, &text, &length, NULL)) {
            g_ptr_array_add(samples, g_byte_array_new_take((guint8 *)text, length));
        }
    }
    return samples;
}

/* fuzz-NAME FOLDER ROUNDS [SEED] */
int
main(int argc, char **argv)
{
    Fuzz fuzz = { 0 };
    guint64 rounds;

    if (argc < 3) {
        g_printerr("usage: %s FOLDER ROUNDS [SEED]\n", argv[0]);
        return EXIT_FAILURE;
    }
    fuzz.samples = read_samples(argv[1]);
    fuzz.random = g_rand_new_with_seed(argc > 3 ? (guint32)g_ascii_strtoull(argv[3], NULL, 10) : 1);
    if (fuzz.samples->len == 0) {
        g_printerr("%s: no samples\n", argv[1]);
        return EXIT_FAILURE;
    }
    for (guint i = 0; i < fuzz.samples->len; i++) {
        run_one(g_ptr_array_index(fuzz.samples, i));
    }
    rounds = g_ascii_strtoull(argv[2], NULL, 10);
    for (guint64 round = 0; round < rounds; round++) {
        run_damaged(&fuzz);
    }
    g_rand_free(fuzz.random);
    g_ptr_array_unref(fuzz.samples);
    return EXIT_SUCCESS;
}
