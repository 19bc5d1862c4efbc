/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware's answer: one that a Westmere of two vCPUs gave under TCG, and what is wrong with
 * others. */
#include "conf/error.h"
#include "drivers/qemu/guest-answer.h"

#include <string.h>

#define HEADER_BYTES 20
#define RECORD_BYTES 28
#define HASH_BYTES   4

static GByteArray *
read_answer(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "guest", "westmere-2.bin", NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &text, &size, &error));
    g_assert_no_error(error);
    return g_byte_array_new_take((guint8 *)text, size);
}

static void
put_u32(GByteArray *answer, gsize at, guint32 value)
{
    g_assert_cmpuint(at + 4, <=, answer->len);
    for (guint i = 0; i < 4; i++) {
        answer->data[at + i] = (guint8)(value >> 8 * i);
    }
}

/* Make the checksum right for what the answer says now. */
static void
seal(GByteArray *answer)
{
    guint32 hash = 0x811c9dc5u;

    for (gsize i = 0; i < answer->len - HASH_BYTES; i++) {
        hash = (hash ^ answer->data[i]) * 0x01000193u;
    }
    put_u32(answer, answer->len - HASH_BYTES, hash);
}

static GPtrArray *
parse(const GByteArray *answer, GError **error)
{
    return virtcpu_guest_answer_parse(answer->data, answer->len, VIRTCPU_ARCH_X86_64, error);
}

static void
assert_refused(const GByteArray *answer, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(parse(answer, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_recorded(void)
{
    g_autoptr(GByteArray) answer = read_answer();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) vcpus = parse(answer, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(vcpus->len, ==, 2);
    for (guint i = 0; i < vcpus->len; i++) {
        const VirtCpuGuestVcpu *vcpu = g_ptr_array_index(vcpus, i);
        const VirtCpuGuestLeaf *first = virtcpu_guest_vcpu_find(vcpu, 0, 0);
        const VirtCpuGuestLeaf *signature = virtcpu_guest_vcpu_find(vcpu, 1, 0);

        g_assert_cmpint(memcmp(&first->values[VIRTCPU_REGISTER_EBX], "Genu", 4), ==, 0);
        g_assert_cmphex(signature->values[VIRTCPU_REGISTER_EAX], ==, 0x000206c1);
        g_assert_cmpuint(signature->values[VIRTCPU_REGISTER_EBX] >> 24, ==, i);
        g_assert_true(virtcpu_cpu_data_has_feature(vcpu->data, "aes"));
        g_assert_false(virtcpu_cpu_data_has_feature(vcpu->data, "avx"));
        /* of an Intel CPU only 64-bit mode shows it */
        g_assert_true(virtcpu_cpu_data_has_feature(vcpu->data, "syscall"));
        g_assert_null(virtcpu_guest_vcpu_find(vcpu, 0x12345, 0));
    }
}

static void
test_every_length(void)
{
    g_autoptr(GByteArray) answer = read_answer();

    while (answer->len > 0) {
        g_autoptr(GError) error = NULL;

        g_byte_array_set_size(answer, answer->len - 1);
        g_assert_null(parse(answer, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
}

static void
test_every_byte(void)
{
    g_autoptr(GByteArray) answer = read_answer();

    for (guint i = 0; i < answer->len; i++) {
        g_autoptr(GError) error = NULL;

        answer->data[i] ^= 0x10;
        g_assert_null(parse(answer, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
        answer->data[i] ^= 0x10;
    }
}

/* What a header may not claim, whatever the checksum says. */
static void
test_header(void)
{
    static const struct {
        gsize at;
        guint32 value;
        const char *words;
    } rows[] = {
        { 0, 0x74726977, "not one of virtcpu's" },
        { 8, 2, "format 2" },
        { 12, 0, "claims 0 vCPUs" },
        { 12, 513, "claims 513 vCPUs" },
        { 12, G_MAXUINT32, "claims 4294967295" },
        { 16, 0, "and 0 records" },
        { 16, G_MAXUINT32, "4294967295 records" },
        { 12, 1, "makes no sense" },
        { 12, 3, "lacks CPUID leaf 0 of vCPU 2" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) answer = read_answer();

        put_u32(answer, rows[i].at, rows[i].value);
        seal(answer);
        assert_refused(answer, rows[i].words);
    }
}

/* Damage to the first, a middle and the last record. */
static void
test_records(void)
{
    g_autoptr(GByteArray) whole = read_answer();
    const guint count = (whole->len - HEADER_BYTES - HASH_BYTES) / RECORD_BYTES;
    const guint places[] = { 0, count / 2, count - 1 };
    static const struct {
        gsize at;
        guint8 value;
        const char *words;
    } rows[] = {
        { 0, 3, "kind 3" },
        { 1, 2, "mode 2" },
        { 3, 2, "vCPU 51" },
    };

    for (gsize p = 0; p < G_N_ELEMENTS(places); p++) {
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_autoptr(GByteArray) answer = read_answer();
            g_autofree char *which = g_strdup_printf("record %u of", places[p]);

            answer->data[HEADER_BYTES + places[p] * RECORD_BYTES + rows[i].at] = rows[i].value;
            seal(answer);
            assert_refused(answer, which);
            assert_refused(answer, rows[i].words);
        }
    }
}

static void
test_same_leaf_twice(void)
{
    g_autoptr(GByteArray) answer = read_answer();

    memcpy(answer->data + HEADER_BYTES + RECORD_BYTES, answer->data + HEADER_BYTES, RECORD_BYTES);
    seal(answer);
    assert_refused(answer, "record 1 of the guest's answer makes no sense");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-answer/recorded", test_recorded);
    g_test_add_func("/guest-answer/every-length", test_every_length);
    g_test_add_func("/guest-answer/every-byte", test_every_byte);
    g_test_add_func("/guest-answer/header", test_header);
    g_test_add_func("/guest-answer/records", test_records);
    g_test_add_func("/guest-answer/same-leaf-twice", test_same_leaf_twice);
    return g_test_run();
}
