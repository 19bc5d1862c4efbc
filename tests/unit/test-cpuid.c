/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/cpuid.h"

#include <string.h>

/* A CPU made up for the test, and how often it was asked. */
typedef struct {
    guint32 max_basic, max_extended;
    gboolean endless; /* every type field says that there is more */
    unsigned questions;
    unsigned apic; /* of the CPU that happens to answer */
} FakeCpu;

static void
answer(guint32 leaf, guint32 subleaf, guint32 regs[4], gpointer user_data)
{
    FakeCpu *cpu = user_data;

    cpu->questions++;
    memset(regs, cpu->endless ? 0xff : 0, 4 * sizeof(regs[0]));
    switch (leaf) {
    case 0x0:
        regs[0] = cpu->max_basic;
        break;
    case 0x1:
        regs[1] = cpu->apic << 24 | 0x800;
        break;
    case 0x4:
        regs[0] |= subleaf < 3 ? 0x21 : 0;
        break;
    case 0xd:
        if (subleaf == 0) {
            regs[0] |= 0x7;
        } else if (subleaf == 1) {
            regs[2] |= 0x100;
        } else {
            regs[0] |= 0x40;
        }
        break;
    case 0x80000000:
        regs[0] = cpu->max_extended;
        break;
    default:
        break;
    }
}

static VirtCpuData *
walk(FakeCpu *cpu)
{
    g_autoptr(GError) error = NULL;
    VirtCpuData *data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, &error);

    g_assert_no_error(error);
    virtcpu_cpuid_walk(answer, cpu, data);
    return data;
}

/* 0 to 0xd are 14 leaves: 4 has three caches and their end, 0xd components 2 and 8 and subleaf 1.
 * Each of the two ranges is asked for its end first. */
static void
test_leaves(void)
{
    FakeCpu cpu = { .max_basic = 0xd, .max_extended = 0x80000008 };
    g_autoptr(VirtCpuData) data = walk(&cpu);
    g_autofree char *text = virtcpu_cpu_data_format(data);

    g_assert_cmpuint(cpu.questions, ==, 2 + 14 + 3 + 3 + 9);
    g_assert_nonnull(strstr(text, "eax_in='0x0000000d' ecx_in='0x08' eax='0x00000040'"));
    g_assert_nonnull(strstr(text, "eax_in='0x00000004' ecx_in='0x02' eax='0x00000021'"));
}

/* Whichever CPU answers, the data is the same. */
static void
test_apic_id_is_left_out(void)
{
    FakeCpu first = { .max_basic = 0xd, .max_extended = 0x80000008, .apic = 1 };
    FakeCpu second = { .max_basic = 0xd, .max_extended = 0x80000008, .apic = 0xfe };
    g_autoptr(VirtCpuData) one = walk(&first);
    g_autoptr(VirtCpuData) other = walk(&second);
    g_autofree char *one_text = virtcpu_cpu_data_format(one);
    g_autofree char *other_text = virtcpu_cpu_data_format(other);

    g_assert_cmpstr(one_text, ==, other_text);
    g_assert_nonnull(strstr(one_text, "ebx='0x00000800'"));
}

/* No extended range, as on the oldest CPUs. */
static void
test_no_extended(void)
{
    FakeCpu cpu = { .max_basic = 0x1, .max_extended = 0x20 };
    g_autoptr(VirtCpuData) data = walk(&cpu);

    g_assert_nonnull(data);
    g_assert_cmpuint(cpu.questions, ==, 2 + 2);
}

/* A CPU, or a hypervisor posing as one, that claims to have everything: bounded. */
static void
test_absurd(void)
{
    FakeCpu cpu = { .max_basic = 0x7fffffff, .max_extended = 0xffffffff, .endless = TRUE };
    g_autoptr(VirtCpuData) data = walk(&cpu);

    g_assert_nonnull(data);
    g_assert_cmpuint(cpu.questions, <, 4096);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpuid/leaves", test_leaves);
    g_test_add_func("/cpuid/apic-id", test_apic_id_is_left_out);
    g_test_add_func("/cpuid/no-extended", test_no_extended);
    g_test_add_func("/cpuid/absurd", test_absurd);
    return g_test_run();
}
