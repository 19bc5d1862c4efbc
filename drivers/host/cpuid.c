/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/cpuid.h"

#include <sched.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

enum { EAX, EBX, ECX, EDX };

/* How far the subleaves of a leaf go. */
typedef enum {
    SUBLEAVES_MAX_EAX,   /* EAX of subleaf 0 is the last one */
    SUBLEAVES_BITS_EAX,  /* each bit of EAX of subleaf 0 is one that exists */
    SUBLEAVES_BITS_EBX,  /* likewise EBX */
    SUBLEAVES_XSAVE,     /* 0 and 1, then a bit each of XCR0 and IA32_XSS */
    SUBLEAVES_TWO,       /* 0 and 1 */
    SUBLEAVES_UNTIL_EAX, /* until a type in EAX[4:0] is 0 */
    SUBLEAVES_UNTIL_ECX, /* until a type in ECX[15:8] is 0 */
    SUBLEAVES_SGX,       /* 0 and 1, then until a type in EAX[3:0] is 0 */
} Subleaves;

typedef struct {
    guint32 leaf;
    Subleaves subleaves;
} LeafRow;

/* Leaves with more than subleaf 0. */
static const LeafRow leaf_rows[] = {
    { 0x4, SUBLEAVES_UNTIL_EAX },
    { 0x7, SUBLEAVES_MAX_EAX },
    { 0xb, SUBLEAVES_UNTIL_ECX },
    { 0xd, SUBLEAVES_XSAVE },
    { 0xf, SUBLEAVES_TWO },
    { 0x10, SUBLEAVES_BITS_EBX },
    { 0x12, SUBLEAVES_SGX },
    { 0x14, SUBLEAVES_MAX_EAX },
    { 0x17, SUBLEAVES_MAX_EAX },
    { 0x18, SUBLEAVES_MAX_EAX },
    { 0x1d, SUBLEAVES_MAX_EAX },
    { 0x1e, SUBLEAVES_MAX_EAX },
    { 0x1f, SUBLEAVES_UNTIL_ECX },
    { 0x20, SUBLEAVES_MAX_EAX },
    { 0x23, SUBLEAVES_BITS_EAX },
    { 0x24, SUBLEAVES_MAX_EAX },
    { 0x8000001d, SUBLEAVES_UNTIL_EAX },
    { 0x80000020, SUBLEAVES_BITS_EBX },
    { 0x80000026, SUBLEAVES_UNTIL_ECX },
};

/* Bits that tell which CPU was asked, not what it can do. */
static const struct {
    guint32 leaf;
    guint32 clear[4];
} identity_rows[] = {
    { 0x1, { 0, 0xff000000, 0, 0 } },        { 0xb, { 0, 0, 0, 0xffffffff } },
    { 0x1f, { 0, 0, 0, 0xffffffff } },       { 0x8000001e, { 0xffffffff, 0xff, 0xff, 0 } },
    { 0x80000026, { 0, 0, 0, 0xffffffff } },
};

/* More than any CPU has; a bound should one claim nonsense. */
#define MAX_LEAVES    256
#define MAX_SUBLEAVES 64

typedef struct {
    VirtCpuCpuidFunc cpuid;
    gpointer user_data;
    VirtCpuData *data;
} Walk;

void
virtcpu_cpuid_clear_identity(guint32 leaf, guint32 regs[4])
{
    for (gsize row = 0; row < G_N_ELEMENTS(identity_rows); row++) {
        for (int reg = EAX; identity_rows[row].leaf == leaf && reg <= EDX; reg++) {
            regs[reg] &= ~identity_rows[row].clear[reg];
        }
    }
}

/* Ask for one subleaf and keep the answer. */
static void
take(const Walk *walk, guint32 leaf, guint32 subleaf, guint32 regs[4])
{
    guint32 kept[4];

    walk->cpuid(leaf, subleaf, regs, walk->user_data);
    for (int reg = EAX; reg <= EDX; reg++) {
        kept[reg] = regs[reg];
    }
    virtcpu_cpuid_clear_identity(leaf, kept);
    virtcpu_cpu_data_add_cpuid(walk->data, leaf, subleaf, kept[EAX], kept[EBX], kept[ECX],
                               kept[EDX]);
}

/* Subleaves that @bits names, from @first on. */
static void
take_bits(const Walk *walk, guint32 leaf, guint64 bits, guint32 first)
{
    guint32 regs[4];

    for (guint32 subleaf = first; subleaf < MAX_SUBLEAVES; subleaf++) {
        if (bits & (G_GUINT64_CONSTANT(1) << subleaf)) {
            take(walk, leaf, subleaf, regs);
        }
    }
}

/* Subleaves from @first on, up to and with the first whose @reg has none of @type's bits. */
static void
take_until(const Walk *walk, guint32 leaf, guint32 first, int reg, guint32 type)
{
    guint32 regs[4];

    for (guint32 subleaf = first; subleaf < MAX_SUBLEAVES; subleaf++) {
        take(walk, leaf, subleaf, regs);
        if ((regs[reg] & type) == 0) {
            return;
        }
    }
}

static void
take_xsave(const Walk *walk, guint32 leaf, const guint32 first[4])
{
    guint32 regs[4];
    guint64 components = (guint64)first[EDX] << 32 | first[EAX];

    take(walk, leaf, 1, regs);
    take_bits(walk, leaf, components | (guint64)regs[EDX] << 32 | regs[ECX], 2);
}

static void
take_subleaves(const Walk *walk, const LeafRow *row, const guint32 first[4])
{
    guint32 regs[4];

    switch (row->subleaves) {
    case SUBLEAVES_MAX_EAX:
        for (guint32 subleaf = 1; subleaf <= first[EAX] && subleaf < MAX_SUBLEAVES; subleaf++) {
            take(walk, row->leaf, subleaf, regs);
        }
        break;
    case SUBLEAVES_BITS_EAX:
        take_bits(walk, row->leaf, first[EAX], 1);
        break;
    case SUBLEAVES_BITS_EBX:
        take_bits(walk, row->leaf, first[EBX], 1);
        break;
    case SUBLEAVES_XSAVE:
        take_xsave(walk, row->leaf, first);
        break;
    case SUBLEAVES_TWO:
        take(walk, row->leaf, 1, regs);
        break;
    case SUBLEAVES_UNTIL_EAX:
        if (first[EAX] & 0x1f) {
            take_until(walk, row->leaf, 1, EAX, 0x1f);
        }
        break;
    case SUBLEAVES_UNTIL_ECX:
        if (first[ECX] & 0xff00) {
            take_until(walk, row->leaf, 1, ECX, 0xff00);
        }
        break;
    case SUBLEAVES_SGX:
        take(walk, row->leaf, 1, regs);
        take_until(walk, row->leaf, 2, EAX, 0xf);
        break;
    }
}

/* Every leaf of one range: @base names the last one. */
static void
walk_range(const Walk *walk, guint32 base)
{
    guint32 regs[4];
    guint32 last;

    walk->cpuid(base, 0, regs, walk->user_data);
    last = regs[EAX];
    if (last < base) {
        return;
    }
    last = MIN(last, base + MAX_LEAVES - 1);
    for (guint32 leaf = base; leaf <= last; leaf++) {
        take(walk, leaf, 0, regs);
        for (gsize row = 0; row < G_N_ELEMENTS(leaf_rows); row++) {
            if (leaf_rows[row].leaf == leaf) {
                take_subleaves(walk, &leaf_rows[row], regs);
            }
        }
    }
}

void
virtcpu_cpuid_walk(VirtCpuCpuidFunc cpuid, gpointer user_data, VirtCpuData *data)
{
    Walk walk = { cpuid, user_data, data };

    walk_range(&walk, 0x0);
    walk_range(&walk, 0x80000000);
}

#if defined(__x86_64__) || defined(__i386__)
static void
execute(guint32 leaf, guint32 subleaf, guint32 regs[4], gpointer user_data)
{
    __cpuid_count(leaf, subleaf, regs[EAX], regs[EBX], regs[ECX], regs[EDX]);
}

/* Stay on the first of the CPUs in @allowed: those of a hybrid machine answer differently. */
static void
pin_to_first(const cpu_set_t *allowed)
{
    cpu_set_t first;

    CPU_ZERO(&first);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, allowed)) {
            CPU_SET(cpu, &first);
            (void)sched_setaffinity(0, sizeof(first), &first);
            return;
        }
    }
}

gboolean
virtcpu_cpuid_execute(VirtCpuData *data)
{
    cpu_set_t allowed;
    gboolean known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;

    if (known) {
        pin_to_first(&allowed);
    }
    virtcpu_cpuid_walk(execute, NULL, data);
    if (known) {
        (void)sched_setaffinity(0, sizeof(allowed), &allowed);
    }
    return TRUE;
}
#else
gboolean
virtcpu_cpuid_execute(VirtCpuData *data)
{
    return FALSE;
}
#endif
