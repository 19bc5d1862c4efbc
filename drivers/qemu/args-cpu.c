/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

/* How a flag below <features> becomes a CPU property. */
typedef enum {
    FLAG_ON,     /* written only when on */
    FLAG_ON_OFF, /* written as asked for */
    FLAG_VALUE,  /* the flag's own value */
    FLAG_INVERT, /* on turns the property off (kvm/hidden) */
} FlagKind;

typedef struct {
    const char *flag;     /* VirtCpuFeatureDef.name */
    const char *property; /* QEMU's, target/i386/cpu.c */
    FlagKind kind;
} FlagRow;

/* In the order libvirt writes them, so that command lines compare equal. */
static const FlagRow flag_rows[] = {
    { "apic/eoi", "kvm-pv-eoi", FLAG_ON_OFF },
    { "pvspinlock", "kvm-pv-unhalt", FLAG_ON_OFF },
    { "hyperv/relaxed", "hv-relaxed", FLAG_ON },
    { "hyperv/vapic", "hv-vapic", FLAG_ON },
    { "hyperv/spinlocks", "hv-spinlocks", FLAG_VALUE },
    { "hyperv/vpindex", "hv-vpindex", FLAG_ON },
    { "hyperv/runtime", "hv-runtime", FLAG_ON },
    { "hyperv/synic", "hv-synic", FLAG_ON },
    { "hyperv/stimer", "hv-stimer", FLAG_ON },
    { "hyperv/reset", "hv-reset", FLAG_ON },
    { "hyperv/vendor_id", "hv-vendor-id", FLAG_VALUE },
    { "hyperv/frequencies", "hv-frequencies", FLAG_ON },
    { "hyperv/reenlightenment", "hv-reenlightenment", FLAG_ON },
    { "hyperv/tlbflush", "hv-tlbflush", FLAG_ON },
    { "hyperv/ipi", "hv-ipi", FLAG_ON },
    { "hyperv/evmcs", "hv-evmcs", FLAG_ON },
    { "hyperv/avic", "hv-avic", FLAG_ON },
    { "kvm/hidden", "kvm", FLAG_INVERT },
    { "kvm/hint-dedicated", "kvm-hint-dedicated", FLAG_ON },
    { "kvm/poll-control", "kvm-poll-control", FLAG_ON },
    { "kvm/pv-ipi", "kvm-pv-ipi", FLAG_ON_OFF },
    { "pmu", "pmu", FLAG_ON_OFF },
};

static void
append_property(GString *out, const char *property, gboolean on)
{
    g_string_append_printf(out, ",%s=%s", property, on ? "on" : "off");
}

static void
append_features(GString *out, VirtCpuArch arch, const VirtCpuDef *cpu)
{
    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);
        const char *name = virtcpu_cpu_feature_to_qemu(arch, feature->name);

        switch (feature->policy) {
        case VIRTCPU_POLICY_FORCE:
        case VIRTCPU_POLICY_REQUIRE:
            append_property(out, name, TRUE);
            break;
        case VIRTCPU_POLICY_DISABLE:
        case VIRTCPU_POLICY_FORBID:
            append_property(out, name, FALSE);
            break;
        case VIRTCPU_POLICY_OPTIONAL: /* resolved to require or disable before a start */
        case VIRTCPU_POLICY_LAST:
        default:
            break;
        }
    }
}

/* Which combinations there are was checked when the definition was completed. */
static void
append_cache(GString *out, const VirtCpuDef *cpu)
{
    gboolean is_host = virtcpu_def_is_opaque(cpu);

    if (!cpu->has_cache) {
        return;
    }
    switch (cpu->cache_mode) {
    case VIRTCPU_CACHE_EMULATE:
        append_property(out, "l3-cache", TRUE);
        if (is_host) {
            append_property(out, "host-cache-info", FALSE);
        }
        break;
    case VIRTCPU_CACHE_PASSTHROUGH:
        append_property(out, "host-cache-info", TRUE);
        append_property(out, "l3-cache", FALSE);
        break;
    case VIRTCPU_CACHE_DISABLE:
        if (is_host) {
            append_property(out, "host-cache-info", FALSE);
        }
        append_property(out, "l3-cache", FALSE);
        break;
    case VIRTCPU_CACHE_LAST:
    default:
        break;
    }
}

static void
append_physaddr(GString *out, const VirtCpuDef *cpu)
{
    switch (cpu->physaddr_mode) {
    case VIRTCPU_PHYSADDR_PASSTHROUGH:
        append_property(out, "host-phys-bits", TRUE);
        if (cpu->physaddr_limit != -1) {
            g_string_append_printf(out, ",host-phys-bits-limit=%d", cpu->physaddr_limit);
        }
        break;
    case VIRTCPU_PHYSADDR_EMULATE:
        if (cpu->physaddr_bits != -1) {
            g_string_append_printf(out, ",phys-bits=%d", cpu->physaddr_bits);
        } else {
            append_property(out, "host-phys-bits", FALSE);
        }
        break;
    case VIRTCPU_PHYSADDR_ABSENT:
    case VIRTCPU_PHYSADDR_LAST:
    default:
        break;
    }
}

static void
append_timers(GString *out, const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->timers->len; i++) {
        const VirtCpuTimerDef *timer = g_ptr_array_index(def->timers, i);
        gboolean present = timer->present == VIRTCPU_TRISTATE_YES;

        if (g_str_equal(timer->name, "kvmclock") && timer->present != VIRTCPU_TRISTATE_ABSENT) {
            append_property(out, "kvmclock", present);
        } else if (g_str_equal(timer->name, "hypervclock") && present) {
            append_property(out, "hv-time", TRUE);
        } else if (g_str_equal(timer->name, "tsc") && timer->frequency_hz != 0) {
            g_string_append_printf(out, ",tsc-frequency=%" G_GUINT64_FORMAT, timer->frequency_hz);
        }
    }
}

static void
append_flag(GString *out, const FlagRow *row, const VirtCpuFeatureDef *flag)
{
    gboolean on = flag->state != VIRTCPU_TRISTATE_NO;

    switch (row->kind) {
    case FLAG_ON:
        if (on) {
            append_property(out, row->property, TRUE);
        }
        break;
    case FLAG_ON_OFF:
        append_property(out, row->property, on);
        break;
    case FLAG_VALUE:
        if (on && flag->value != NULL) {
            g_autofree char *value = virtcpu_args_escape(flag->value);

            g_string_append_printf(out, ",%s=%s", row->property, value);
        }
        break;
    case FLAG_INVERT:
        if (on) {
            append_property(out, row->property, FALSE);
        }
        break;
    default:
        break;
    }
}

static void
append_flags(GString *out, const VirtCpuDomainDef *def)
{
    for (gsize i = 0; i < G_N_ELEMENTS(flag_rows); i++) {
        const VirtCpuFeatureDef *flag = virtcpu_domain_def_find_feature(def, flag_rows[i].flag);

        if (flag != NULL) {
            append_flag(out, &flag_rows[i], flag);
        }
    }
}

static gboolean
append_default_model(GString *out, const VirtCpuArgsInput *input, GError **error)
{
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(input->caps, input->def->machine);
    g_autofree char *model = virtcpu_qemu_caps_default_model(input->caps, machine);

    if (model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("machine type '%s' of '%s' has no default CPU; name a model in <cpu>"),
                          input->def->machine, input->caps->binary);
        return FALSE;
    }
    g_string_append(out, model);
    return TRUE;
}

static gboolean
append_model(GString *out, const VirtCpuArgsInput *input, const VirtCpuDef *cpu, GError **error)
{
    if (cpu != NULL && cpu->mode == VIRTCPU_MODE_HOST_PASSTHROUGH) {
        g_string_append(out, "host");
    } else if (cpu != NULL && cpu->mode == VIRTCPU_MODE_MAXIMUM) {
        g_string_append(out, "max");
    } else if (cpu != NULL && cpu->model != NULL) {
        g_string_append(out, cpu->model);
        return TRUE;
    } else {
        return append_default_model(out, input, error);
    }
    /* only the host models know what can migrate */
    if (cpu->migratable != VIRTCPU_TRISTATE_ABSENT) {
        append_property(out, "migratable", cpu->migratable == VIRTCPU_TRISTATE_YES);
    }
    return TRUE;
}

char *
virtcpu_args_cpu(const VirtCpuArgsInput *input, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const VirtCpuDef *cpu = input->cpu;

    if (!append_model(out, input, cpu, error)) {
        return NULL;
    }
    if (cpu != NULL) {
        if (cpu->vendor_id != NULL) {
            g_autofree char *vendor = virtcpu_args_escape(cpu->vendor_id);

            g_string_append_printf(out, ",vendor=%s", vendor);
        }
        append_features(out, input->def->arch, cpu);
        append_cache(out, cpu);
        append_physaddr(out, cpu);
    }
    append_timers(out, input->def);
    append_flags(out, input->def);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
