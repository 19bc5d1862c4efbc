/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest would see here, held against what it sees where it comes from. */
#include "conf/i18n.h"
#include "drivers/qemu/arrival-priv.h"

/* Bits that tell which vCPU is asked, on a host that does not intercept CPUID which of its own:
 * they are no part of what a guest was given. */
static const struct {
    guint32 leaf;
    VirtCpuRegister reg;
    guint32 bits;
} places[] = {
    { 0x1, VIRTCPU_REGISTER_EBX, 0xff000000 },
    { 0xb, VIRTCPU_REGISTER_EDX, G_MAXUINT32 },
    { 0x1f, VIRTCPU_REGISTER_EDX, G_MAXUINT32 },
    { 0x8000001e, VIRTCPU_REGISTER_EAX, G_MAXUINT32 },
    { 0x80000026, VIRTCPU_REGISTER_EDX, G_MAXUINT32 },
};

/* The bits in which @difference counts. */
static guint64
differing_bits(const VirtCpuDataDifference *difference)
{
    guint64 bits = difference->was ^ difference->is;

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i].leaf == difference->leaf && places[i].reg == difference->reg) {
            bits &= ~(guint64)places[i].bits;
        }
    }
    return bits;
}

static void
add_feature(const VirtCpuArrivalCase *it, const char *name, gboolean is_missing)
{
    const VirtCpuExplainFacts facts = {
        .def = it->def,
        .caps = it->place->caps,
        .cpu = it->cpu,
        .host = it->place->host,
    };

    if (is_missing) {
        virtcpu_explain_missing(&facts, name, it->obstacles);
    } else if (it->cpu != NULL) {
        virtcpu_explain_extra(&facts, name, it->obstacles);
    }
}

/* Name the features among @bits of @difference; the bits that have no name are returned. */
static guint64
add_features(const VirtCpuArrivalCase *it, const VirtCpuDataDifference *difference, guint64 bits)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(it->def->arch);

    for (const char **name = names; *name != NULL && bits != 0; name++) {
        VirtCpuFeatureInfo info;

        if (virtcpu_cpu_feature_info(it->def->arch, *name, &info) &&
            info.leaf == difference->leaf && info.subleaf == difference->subleaf &&
            info.reg == difference->reg && (bits >> info.bit & 1) != 0) {
            add_feature(it, *name, (difference->was >> info.bit & 1) != 0);
            bits &= ~(G_GUINT64_CONSTANT(1) << info.bit);
        }
    }
    return bits;
}

/* "CPUID 0x4.3 EAX", "MSR 0x345" (transfer full). */
static char *
name_of(const VirtCpuDataDifference *difference)
{
    g_autofree char *reg = g_ascii_strup(virtcpu_register_to_string(difference->reg), -1);

    return difference->reg == VIRTCPU_REGISTER_MSR
               ? g_strdup_printf("MSR 0x%x", difference->leaf)
               : g_strdup_printf("CPUID 0x%x.%u %s", difference->leaf, difference->subleaf, reg);
}

static void
add_register(const VirtCpuArrivalCase *it, const VirtCpuDataDifference *difference)
{
    g_autofree char *name = name_of(difference);
    g_autofree char *was = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", difference->was);
    g_autofree char *is = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", difference->is);
    g_autofree char *version = virtcpu_qemu_caps_version_text(it->place->caps);

    virtcpu_explanations_add(
        it->obstacles, name, VIRTCPU_STATE_DIFFERS, VIRTCPU_LAYER_QEMU,
        g_strdup_printf(_("a guest sees %s where it runs and %s here, under machine type '%s' of "
                          "QEMU %s"),
                        was, is, it->def->machine, version),
        _("use the QEMU, or a host like the one, that it runs on"));
}

void
virtcpu_arrival_add_sights(const VirtCpuArrivalCase *it, const VirtCpuData *here)
{
    g_autoptr(GArray) differences = virtcpu_cpu_data_differences(it->passport->sees, here);

    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuDataDifference *difference =
            &g_array_index(differences, VirtCpuDataDifference, i);

        if (add_features(it, difference, differing_bits(difference)) != 0) {
            add_register(it, difference);
        }
    }
}
