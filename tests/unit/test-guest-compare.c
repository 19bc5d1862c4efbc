/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences found in a recorded answer of two vCPUs after one of the three sides was changed. */
#include "drivers/qemu/guest-refusal.h"

#include <string.h>

#define WESTMERE                                                                                   \
    "<cpu mode='custom' match='exact'><model fallback='forbid'>Westmere</model>"                   \
    "<feature policy='require' name='%s'/></cpu>"

/* The answer, and a QEMU that says just what the first vCPU sees. */
static void
read_proof(VirtCpuGuestProof *proof)
{
    g_autofree char *path =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "guest", "westmere-2.bin", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &text, &size, &error));
    proof->sees =
        virtcpu_guest_answer_parse((const guint8 *)text, size, VIRTCPU_ARCH_X86_64, &error);
    g_assert_no_error(error);
    proof->says.count = proof->sees->len;
    proof->says.enabled =
        virtcpu_cpu_data_copy(((VirtCpuGuestVcpu *)g_ptr_array_index(proof->sees, 0))->data);
}

/* Compare with what @feature being required in a Westmere promises; NULL: nothing is promised. */
static GPtrArray *
compare(const VirtCpuGuestProof *proof, const char *feature)
{
    g_autofree char *xml = g_strdup_printf(WESTMERE, feature != NULL ? feature : "sse");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) cpu = virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, &error);
    const VirtCpuData *content = proof->says.enabled;
    GPtrArray *differences;

    g_assert_no_error(error);
    differences = virtcpu_guest_compare(VIRTCPU_ARCH_X86_64, proof, feature != NULL ? cpu : NULL,
                                        content, &error);
    g_assert_no_error(error);
    return differences;
}

/* The only unexplained one of @differences. */
static const VirtCpuGuestDifference *
find_only(const GPtrArray *differences)
{
    const VirtCpuGuestDifference *found = NULL;

    g_assert_cmpuint(virtcpu_guest_count_unexplained(differences), ==, 1);
    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuGuestDifference *difference = g_ptr_array_index(differences, i);

        if (difference->why == NULL) {
            found = difference;
        }
    }
    return found;
}

static void
assert_values(const VirtCpuGuestDifference *difference, const char *sees, const char *says,
              const char *promises)
{
    g_assert_cmpstr(difference->sees, ==, sees);
    g_assert_cmpstr(difference->says, ==, says);
    g_assert_cmpstr(difference->promises, ==, promises);
}

/* Two vCPUs differ in their APIC ids at least, which is explained. */
static void
test_agree(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;

    read_proof(&proof);
    differences = compare(&proof, "aes");
    g_assert_cmpuint(virtcpu_guest_count_unexplained(differences), ==, 0);
    g_assert_cmpuint(differences->len, >=, 1);
}

static void
test_qemu_says_more(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    const VirtCpuGuestDifference *only;

    read_proof(&proof);
    g_assert_true(virtcpu_cpu_data_add_feature(proof.says.enabled, "avx512f"));
    differences = compare(&proof, NULL);
    only = find_only(differences);
    g_assert_cmpstr(only->what, ==, "avx512f");
    g_assert_cmphex(only->leaf, ==, 7);
    g_assert_cmpint(only->reg, ==, VIRTCPU_REGISTER_EBX);
    g_assert_cmpint(only->bit, ==, 16);
    assert_values(only, "off", "on", "-");
}

static void
test_guest_sees_more(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    VirtCpuGuestVcpu *first;

    read_proof(&proof);
    first = g_ptr_array_index(proof.sees, 0);
    g_assert_true(virtcpu_cpu_data_add_feature(first->data, "rdctl-no"));
    differences = compare(&proof, NULL);
    g_assert_cmpint(find_only(differences)->reg, ==, VIRTCPU_REGISTER_MSR);
    g_assert_cmphex(find_only(differences)->leaf, ==, 0x10a);
    assert_values(find_only(differences), "on", "off", "-");
}

static void
test_promise_is_broken(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;

    read_proof(&proof);
    differences = compare(&proof, "avx2");
    g_assert_cmpstr(find_only(differences)->what, ==, "avx2");
    assert_values(find_only(differences), "off", "off", "on");
}

static void
assert_contains(const char *text, const char *part)
{
    g_assert_nonnull(text);
    g_test_message("%s", text);
    g_assert_nonnull(strstr(text, part));
}

/* Nothing to say of what agrees or is explained; else each kind is a sentence with its places. */
static void
test_refusal(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    g_autofree char *nothing = NULL;
    g_autofree char *kvm = NULL;
    g_autofree char *tcg = NULL;
    VirtCpuGuestVcpu *first;

    read_proof(&proof);
    differences = compare(&proof, NULL);
    nothing = virtcpu_guest_refusal(differences, VIRTCPU_VIRT_KVM);
    g_assert_null(nothing);
    g_ptr_array_unref(differences);

    first = g_ptr_array_index(proof.sees, 0);
    g_assert_true(virtcpu_cpu_data_add_feature(first->data, "rdctl-no"));
    g_assert_true(virtcpu_cpu_data_add_feature(first->data, "avx512f"));
    g_assert_true(virtcpu_cpu_data_add_feature(first->data, "avx2"));
    g_assert_true(virtcpu_cpu_data_add_feature(proof.says.enabled, "rdrand"));
    virtcpu_cpu_data_set_signature(proof.says.enabled, 15, 6, 1);
    differences = compare(&proof, NULL);
    kvm = virtcpu_guest_refusal(differences, VIRTCPU_VIRT_KVM);
    assert_contains(kvm, "(CPUID 0x7.0 ebx: avx2,avx512f; MSR 0x10a: rdctl-no): the host's CPUID");
    assert_contains(kvm, ". The guest lacks what QEMU says it has (CPUID 0x1.0 ecx: rdrand): KVM");
    assert_contains(kvm, "(CPUID 0x1.0 eax: signature is 0x");
    tcg = virtcpu_guest_refusal(differences, VIRTCPU_VIRT_QEMU);
    assert_contains(tcg, "MSR 0x10a: rdctl-no): QEMU's TCG adds it; require these features");
    assert_contains(tcg, "rdrand): QEMU's TCG does not show it; disable these features");
}

/* What shows the guest's own state is explained, whoever says it. */
static void
test_explained(void)
{
    static const char *const features[] = { "osxsave", "ospke", "ht", "cmp_legacy" };

    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        g_auto(VirtCpuGuestProof) proof = { 0 };
        g_autoptr(GPtrArray) differences = NULL;
        VirtCpuGuestVcpu *first;

        read_proof(&proof);
        first = g_ptr_array_index(proof.sees, 0);
        g_assert_true(virtcpu_cpu_data_add_feature(first->data, features[i]));
        differences = compare(&proof, NULL);
        g_assert_cmpuint(virtcpu_guest_count_unexplained(differences), ==, 0);
    }
}

static void
test_identity(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;

    read_proof(&proof);
    virtcpu_cpu_data_set_signature(proof.says.enabled, 6, 44, 2);
    differences = compare(&proof, NULL);
    g_assert_cmpstr(find_only(differences)->what, ==, "signature");
    g_assert_cmpint(find_only(differences)->bit, ==, -1);
    assert_values(find_only(differences), "0x000206c1", "0x000206c2", "-");
}

/* The last register of the last leaf of the other vCPU. */
static void
test_vcpus_differ(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    VirtCpuGuestVcpu *other;
    VirtCpuGuestLeaf *last;

    read_proof(&proof);
    other = g_ptr_array_index(proof.sees, 1);
    last = &g_array_index(other->leaves, VirtCpuGuestLeaf, other->leaves->len - 1);
    last->values[VIRTCPU_REGISTER_EDX] ^= 0x80000000u;
    differences = compare(&proof, NULL);
    g_assert_cmpuint(find_only(differences)->vcpu, ==, 1);
    g_assert_cmphex(find_only(differences)->leaf, ==, last->leaf);
    g_assert_cmpint(find_only(differences)->reg, ==, VIRTCPU_REGISTER_EDX);
}

/* A leaf that one vCPU lacks differs in each register that is not 0. */
static void
test_vcpu_lacks_leaf(void)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    VirtCpuGuestVcpu *other;

    read_proof(&proof);
    other = g_ptr_array_index(proof.sees, 1);
    g_assert_nonnull(virtcpu_guest_vcpu_find(other, 0x80000000, 0));
    for (guint i = 0; i < other->leaves->len; i++) {
        if (g_array_index(other->leaves, VirtCpuGuestLeaf, i).leaf == 0x80000000) {
            g_array_remove_index(other->leaves, i);
            break;
        }
    }
    differences = compare(&proof, NULL);
    g_assert_cmpuint(virtcpu_guest_count_unexplained(differences), >=, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guest-compare/agree", test_agree);
    g_test_add_func("/guest-compare/qemu-says-more", test_qemu_says_more);
    g_test_add_func("/guest-compare/guest-sees-more", test_guest_sees_more);
    g_test_add_func("/guest-compare/promise-is-broken", test_promise_is_broken);
    g_test_add_func("/guest-compare/explained", test_explained);
    g_test_add_func("/guest-compare/refusal", test_refusal);
    g_test_add_func("/guest-compare/identity", test_identity);
    g_test_add_func("/guest-compare/vcpus-differ", test_vcpus_differ);
    g_test_add_func("/guest-compare/vcpu-lacks-leaf", test_vcpu_lacks_leaf);
    return g_test_run();
}
