/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/arch.h"

static void
test_names_round_trip(void)
{
    for (int arch = VIRTCPU_ARCH_NONE + 1; arch < VIRTCPU_ARCH_LAST; arch++) {
        const char *name = virtcpu_arch_to_string((VirtCpuArch)arch);

        g_assert_nonnull(name);
        g_assert_cmpint(virtcpu_arch_from_string(name), ==, arch);
        g_assert_true((virtcpu_arch_to_qemu((VirtCpuArch)arch) == NULL) ==
                      (arch == VIRTCPU_ARCH_IA64));
        g_assert_true(virtcpu_arch_wordsize((VirtCpuArch)arch) == 32 ||
                      virtcpu_arch_wordsize((VirtCpuArch)arch) == 64);
    }
}

static void
test_qemu_names(void)
{
    g_assert_cmpint(virtcpu_arch_from_qemu("i386"), ==, VIRTCPU_ARCH_I686);
    g_assert_cmpint(virtcpu_arch_from_qemu("or1k"), ==, VIRTCPU_ARCH_OR32);
    g_assert_cmpint(virtcpu_arch_from_qemu("arm"), ==, VIRTCPU_ARCH_ARMV7L);
    g_assert_cmpstr(virtcpu_arch_to_qemu(VIRTCPU_ARCH_PPC64LE), ==, "ppc64");
}

static void
test_runs(void)
{
    g_assert_true(virtcpu_arch_runs(VIRTCPU_ARCH_X86_64, VIRTCPU_ARCH_X86_64));
    g_assert_true(virtcpu_arch_runs(VIRTCPU_ARCH_X86_64, VIRTCPU_ARCH_I686));
    g_assert_true(virtcpu_arch_runs(VIRTCPU_ARCH_PPC64, VIRTCPU_ARCH_PPC64LE));
    g_assert_false(virtcpu_arch_runs(VIRTCPU_ARCH_I686, VIRTCPU_ARCH_X86_64));
    g_assert_false(virtcpu_arch_runs(VIRTCPU_ARCH_X86_64, VIRTCPU_ARCH_NONE));
    g_assert_false(virtcpu_arch_runs(VIRTCPU_ARCH_NONE, VIRTCPU_ARCH_NONE));
    g_assert_false(virtcpu_arch_runs(VIRTCPU_ARCH_IA64, VIRTCPU_ARCH_X86_64));
}

static void
test_unknown(void)
{
    g_assert_cmpint(virtcpu_arch_from_string(NULL), ==, VIRTCPU_ARCH_NONE);
    g_assert_cmpint(virtcpu_arch_from_string("pdp11"), ==, VIRTCPU_ARCH_NONE);
    g_assert_cmpint(virtcpu_arch_from_qemu(NULL), ==, VIRTCPU_ARCH_NONE);
    g_assert_null(virtcpu_arch_to_string(VIRTCPU_ARCH_NONE));
    g_assert_null(virtcpu_arch_to_string((VirtCpuArch)4711));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arch/round-trip", test_names_round_trip);
    g_test_add_func("/arch/qemu", test_qemu_names);
    g_test_add_func("/arch/runs", test_runs);
    g_test_add_func("/arch/unknown", test_unknown);
    return g_test_run();
}
