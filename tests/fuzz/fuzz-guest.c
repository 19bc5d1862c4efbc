/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware's answer. Half of the inputs get a right checksum, so that what is behind it is
 * reached. */
#include "drivers/qemu/guest-answer.h"
#include "tests/fuzz/fuzz.h"

#define HASH_BYTES 4

static void
parse(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) vcpus =
        virtcpu_guest_answer_parse(data, size, VIRTCPU_ARCH_X86_64, &error);

    g_assert_true((vcpus == NULL) == (error != NULL));
    if (vcpus != NULL) {
        g_assert_cmpuint(vcpus->len, <=, VIRTCPU_GUEST_MAX_VCPUS);
        for (guint i = 0; i < vcpus->len; i++) {
            g_assert_nonnull(virtcpu_guest_vcpu_find(g_ptr_array_index(vcpus, i), 0, 0));
        }
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree guint8 *sealed = g_malloc(MAX(size, 1));
    guint32 hash = 0x811c9dc5u;

    parse(data, size);
    for (gsize i = 0; i < size; i++) {
        gsize shift = i + HASH_BYTES - size;

        sealed[i] = i + HASH_BYTES < size ? data[i] : (guint8)(hash >> 8 * shift);
        hash = i + HASH_BYTES < size ? (hash ^ data[i]) * 0x01000193u : hash;
    }
    parse(sealed, size);
    return 0;
}
