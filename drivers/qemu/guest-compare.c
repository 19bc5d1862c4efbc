/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-compare.h"

#include "conf/i18n.h"

#define ON   "on"
#define OFF  "off"
#define OPEN "-"

/* What a guest sees otherwise than QEMU says, or each vCPU otherwise than the first, without
 * anything being wrong; QEMU's cpu_x86_cpuid (target/i386/cpu.c). */
static const struct {
    guint32 leaf;
    VirtCpuRegister reg;
    guint32 bits;
    const char *why;
} exceptions[] = {
    { 0x1, VIRTCPU_REGISTER_EBX, 0xffff0000, N_("APIC id and number of threads: topology") },
    { 0x1, VIRTCPU_REGISTER_ECX, 1u << 27, N_("OSXSAVE shows what the guest wrote to CR4") },
    { 0x1, VIRTCPU_REGISTER_EDX, 1u << 28,
      N_("HT is on when there are several threads: topology") },
    { 0x4, VIRTCPU_REGISTER_EAX, 0xffffc000, N_("threads that share a cache: topology") },
    { 0x7, VIRTCPU_REGISTER_ECX, 1u << 4, N_("OSPKE shows what the guest wrote to CR4") },
    { 0xb, VIRTCPU_REGISTER_EDX, G_MAXUINT32, N_("x2APIC id: topology") },
    { 0xd, VIRTCPU_REGISTER_EBX, G_MAXUINT32, N_("size of what the guest enabled in XCR0") },
    { 0x1f, VIRTCPU_REGISTER_EDX, G_MAXUINT32, N_("x2APIC id: topology") },
    { 0x80000001, VIRTCPU_REGISTER_ECX, 1u << 1,
      N_("CMP_LEGACY is on when there are several threads: topology") },
    { 0x8000001e, VIRTCPU_REGISTER_EAX, G_MAXUINT32, N_("extended APIC id: topology") },
    { 0x8000001e, VIRTCPU_REGISTER_EBX, G_MAXUINT32, N_("core id: topology") },
    { 0x8000001e, VIRTCPU_REGISTER_ECX, G_MAXUINT32, N_("node id: topology") },
    { 0x80000026, VIRTCPU_REGISTER_EDX, G_MAXUINT32, N_("extended APIC id: topology") },
};

/* Why a difference in @bits of a register of CPUID means nothing (untranslated), or NULL. */
static const char *
explain(guint32 leaf, VirtCpuRegister reg, guint32 bits)
{
    const char *why = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(exceptions); i++) {
        if (exceptions[i].leaf == leaf && exceptions[i].reg == reg &&
            (exceptions[i].bits & bits) != 0) {
            bits &= ~exceptions[i].bits;
            why = exceptions[i].why;
        }
    }
    return bits == 0 ? why : NULL;
}

static void
difference_free(gpointer data)
{
    VirtCpuGuestDifference *difference = data;

    g_free(difference->what);
    g_free(difference->sees);
    g_free(difference->says);
    g_free(difference->promises);
    g_free(difference);
}

/* @place with what is there; @why (untranslated) and @promises may be NULL. */
static void
add(GPtrArray *differences, const VirtCpuGuestDifference *place, const char *what, const char *why,
    const char *const values[3])
{
    VirtCpuGuestDifference *difference = g_new(VirtCpuGuestDifference, 1);

    *difference = *place;
    difference->what = g_strdup(what);
    difference->why = why != NULL ? _(why) : NULL;
    difference->sees = g_strdup(values[0]);
    difference->says = g_strdup(values[1]);
    difference->promises = g_strdup(values[2]);
    g_ptr_array_add(differences, difference);
}

/* Add a whole register, unless both values are the same. */
static void
add_register(GPtrArray *differences, const VirtCpuGuestDifference *place, const char *what,
             guint32 sees, guint32 says)
{
    g_autofree char *one = g_strdup_printf("0x%08x", sees);
    g_autofree char *two = g_strdup_printf("0x%08x", says);

    if (sees != says) {
        add(differences, place, what, explain(place->leaf, place->reg, sees ^ says),
            (const char *const[]){ one, two, OPEN });
    }
}

/* ---- one vCPU against the first ---- */

static void
compare_registers(GPtrArray *differences, unsigned vcpu, const VirtCpuGuestLeaf *first,
                  const VirtCpuGuestLeaf *other)
{
    for (VirtCpuRegister reg = VIRTCPU_REGISTER_EAX; reg <= VIRTCPU_REGISTER_EDX; reg++) {
        const VirtCpuGuestDifference place = {
            .vcpu = vcpu,
            .leaf = first->leaf,
            .subleaf = first->subleaf,
            .reg = reg,
            .bit = -1,
        };

        add_register(differences, &place, "vCPU", other->values[reg], first->values[reg]);
    }
}

/* A leaf that only one of two vCPUs has differs from nothing but zeros. */
static void
compare_vcpus(GPtrArray *differences, unsigned index, const VirtCpuGuestVcpu *first,
              const VirtCpuGuestVcpu *other)
{
    for (guint i = 0; i < first->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(first->leaves, VirtCpuGuestLeaf, i);
        const VirtCpuGuestLeaf none = { .leaf = leaf->leaf, .subleaf = leaf->subleaf };
        const VirtCpuGuestLeaf *match = virtcpu_guest_vcpu_find(other, leaf->leaf, leaf->subleaf);

        compare_registers(differences, index, leaf, match != NULL ? match : &none);
    }
    for (guint i = 0; i < other->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(other->leaves, VirtCpuGuestLeaf, i);
        const VirtCpuGuestLeaf none = { .leaf = leaf->leaf, .subleaf = leaf->subleaf };

        if (virtcpu_guest_vcpu_find(first, leaf->leaf, leaf->subleaf) == NULL) {
            compare_registers(differences, index, &none, leaf);
        }
    }
}

/* ---- the first against what QEMU says ---- */

/* Registers that say who the CPU is: QEMU tells them as properties. */
static const struct {
    guint32 leaf;
    VirtCpuRegister reg;
    const char *what;
} identity[] = {
    { 0x0, VIRTCPU_REGISTER_EBX, "vendor" },
    { 0x0, VIRTCPU_REGISTER_ECX, "vendor" },
    { 0x0, VIRTCPU_REGISTER_EDX, "vendor" },
    { 0x1, VIRTCPU_REGISTER_EAX, "signature" },
};

static void
compare_identity(GPtrArray *differences, const VirtCpuGuestProof *proof)
{
    const VirtCpuGuestVcpu *vcpu = g_ptr_array_index(proof->sees, 0);

    for (gsize i = 0; i < G_N_ELEMENTS(identity); i++) {
        const VirtCpuGuestLeaf *sees = virtcpu_guest_vcpu_find(vcpu, identity[i].leaf, 0);
        guint32 says[4];

        /* a vendor that the map does not know is not told */
        if (sees != NULL &&
            virtcpu_cpu_data_get_cpuid(proof->says.enabled, identity[i].leaf, 0, says)) {
            const VirtCpuGuestDifference place = {
                .leaf = identity[i].leaf,
                .reg = identity[i].reg,
                .bit = -1,
            };

            add_register(differences, &place, identity[i].what, sees->values[identity[i].reg],
                         says[identity[i].reg]);
        }
    }
}

/* ---- features: both against what is promised ---- */

/* What the definition promises but is not so: of what the guest sees and of what QEMU says. */
typedef struct {
    GPtrArray *missing, *extra; /* of char * */
} Broken;

static void
broken_clear(Broken *broken)
{
    g_clear_pointer(&broken->missing, g_ptr_array_unref);
    g_clear_pointer(&broken->extra, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Broken, broken_clear)

static gboolean
judge(VirtCpuArch arch, const VirtCpuDef *cpu, const VirtCpuData *expected,
      const VirtCpuData *enabled, Broken *broken, GError **error)
{
    const VirtCpuLive live = { .enabled = enabled };

    if (cpu == NULL) {
        broken->missing = g_ptr_array_new_with_free_func(g_free);
        broken->extra = g_ptr_array_new_with_free_func(g_free);
        return TRUE;
    }
    return virtcpu_cpu_check_live(arch, cpu, expected, &live, &broken->missing, &broken->extra,
                                  error);
}

static gboolean
has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (g_str_equal(g_ptr_array_index(names, i), name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The broken promise about feature @name, or NULL. */
static const char *
find_promise(const Broken *broken, const char *name)
{
    if (has_name(broken->missing, name)) {
        return ON;
    }
    return has_name(broken->extra, name) ? OFF : NULL;
}

static void
compare_feature(GPtrArray *differences, const VirtCpuGuestProof *proof, const Broken *seen,
                const Broken *said, const VirtCpuFeatureInfo *info)
{
    const VirtCpuGuestVcpu *vcpu = g_ptr_array_index(proof->sees, 0);
    const gboolean sees = virtcpu_cpu_data_has_feature(vcpu->data, info->name);
    const gboolean says = virtcpu_cpu_data_has_feature(proof->says.enabled, info->name);
    const char *promise = find_promise(seen, info->name);
    const VirtCpuGuestDifference place = {
        .leaf = info->leaf,
        .subleaf = info->subleaf,
        .reg = info->reg,
        .bit = (int)info->bit,
    };

    if (promise == NULL) {
        promise = find_promise(said, info->name);
    }
    if (sees != says || promise != NULL) {
        add(differences, &place, info->name,
            info->reg != VIRTCPU_REGISTER_MSR ? explain(info->leaf, info->reg, 1u << info->bit)
                                              : NULL,
            (const char *const[]){ sees ? ON : OFF, says ? ON : OFF,
                                   promise != NULL ? promise : OPEN });
    }
}

static int
compare_place(gconstpointer a, gconstpointer b)
{
    const VirtCpuGuestDifference *left = *(VirtCpuGuestDifference *const *)a;
    const VirtCpuGuestDifference *right = *(VirtCpuGuestDifference *const *)b;
    const gint64 pairs[][2] = {
        { left->vcpu, right->vcpu },
        { left->reg == VIRTCPU_REGISTER_MSR, right->reg == VIRTCPU_REGISTER_MSR },
        { left->leaf, right->leaf },
        { left->subleaf, right->subleaf },
        { left->reg, right->reg },
        { left->bit, right->bit },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (pairs[i][0] != pairs[i][1]) {
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
        }
    }
    return 0;
}

GPtrArray *
virtcpu_guest_compare(VirtCpuArch arch, const VirtCpuGuestProof *proof, const VirtCpuDef *cpu,
                      const VirtCpuData *expected, GError **error)
{
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(difference_free);
    const VirtCpuGuestVcpu *first = g_ptr_array_index(proof->sees, 0);
    g_autofree const char **names = virtcpu_cpu_feature_names(arch);
    g_auto(Broken) seen = { 0 };
    g_auto(Broken) said = { 0 };

    if (!judge(arch, cpu, expected, first->data, &seen, error) ||
        !judge(arch, cpu, expected, proof->says.enabled, &said, error)) {
        return NULL;
    }
    compare_identity(differences, proof);
    for (const char **name = names; *name != NULL; name++) {
        VirtCpuFeatureInfo info;

        if (virtcpu_cpu_feature_info(arch, *name, &info)) {
            compare_feature(differences, proof, &seen, &said, &info);
        }
    }
    for (guint i = 1; i < proof->sees->len; i++) {
        compare_vcpus(differences, i, first, g_ptr_array_index(proof->sees, i));
    }
    g_ptr_array_sort(differences, compare_place);
    return g_steal_pointer(&differences);
}

guint
virtcpu_guest_count_unexplained(const GPtrArray *differences)
{
    guint count = 0;

    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuGuestDifference *difference = g_ptr_array_index(differences, i);

        count += difference->why == NULL;
    }
    return count;
}
