/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

/* How a flag below <features> becomes a CPU property. */
typedef enum {
    FLAG_ON,     /* written only when on */
    FLAG_ON_OFF, /* written as asked for */
    FLAG_VALUE,  /* the flag's own value, a text */
    FLAG_NUMBER, /* likewise, a number */
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
    { "hyperv/spinlocks", "hv-spinlocks", FLAG_NUMBER },
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

/* Numbers that libvirt writes in base 16. */
static const char *const hex_properties[] = { "hv-spinlocks", NULL };

static void
add_features(VirtCpuJson *out, VirtCpuArch arch, const VirtCpuDef *cpu)
{
    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);
        const char *name = virtcpu_cpu_feature_to_qemu(arch, feature->name);

        switch (feature->policy) {
        case VIRTCPU_POLICY_FORCE:
        case VIRTCPU_POLICY_REQUIRE:
            virtcpu_json_set_bool(out, name, TRUE);
            break;
        case VIRTCPU_POLICY_DISABLE:
        case VIRTCPU_POLICY_FORBID:
            virtcpu_json_set_bool(out, name, FALSE);
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
add_cache(VirtCpuJson *out, const VirtCpuDef *cpu)
{
    gboolean is_host = virtcpu_def_is_opaque(cpu);

    if (!cpu->has_cache) {
        return;
    }
    switch (cpu->cache_mode) {
    case VIRTCPU_CACHE_EMULATE:
        virtcpu_json_set_bool(out, "l3-cache", TRUE);
        if (is_host) {
            virtcpu_json_set_bool(out, "host-cache-info", FALSE);
        }
        break;
    case VIRTCPU_CACHE_PASSTHROUGH:
        virtcpu_json_set_bool(out, "host-cache-info", TRUE);
        virtcpu_json_set_bool(out, "l3-cache", FALSE);
        break;
    case VIRTCPU_CACHE_DISABLE:
        if (is_host) {
            virtcpu_json_set_bool(out, "host-cache-info", FALSE);
        }
        virtcpu_json_set_bool(out, "l3-cache", FALSE);
        break;
    case VIRTCPU_CACHE_LAST:
    default:
        break;
    }
}

static void
add_physaddr(VirtCpuJson *out, const VirtCpuDef *cpu)
{
    switch (cpu->physaddr_mode) {
    case VIRTCPU_PHYSADDR_PASSTHROUGH:
        virtcpu_json_set_bool(out, "host-phys-bits", TRUE);
        if (cpu->physaddr_limit != -1) {
            virtcpu_json_set_int(out, "host-phys-bits-limit", cpu->physaddr_limit);
        }
        break;
    case VIRTCPU_PHYSADDR_EMULATE:
        if (cpu->physaddr_bits != -1) {
            virtcpu_json_set_int(out, "phys-bits", cpu->physaddr_bits);
        } else {
            virtcpu_json_set_bool(out, "host-phys-bits", FALSE);
        }
        break;
    case VIRTCPU_PHYSADDR_ABSENT:
    case VIRTCPU_PHYSADDR_LAST:
    default:
        break;
    }
}

static void
add_timers(VirtCpuJson *out, const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->timers->len; i++) {
        const VirtCpuTimerDef *timer = g_ptr_array_index(def->timers, i);
        gboolean present = timer->present == VIRTCPU_TRISTATE_YES;

        if (g_str_equal(timer->name, "kvmclock") && timer->present != VIRTCPU_TRISTATE_ABSENT) {
            virtcpu_json_set_bool(out, "kvmclock", present);
        } else if (g_str_equal(timer->name, "hypervclock") && present) {
            virtcpu_json_set_bool(out, "hv-time", TRUE);
        } else if (g_str_equal(timer->name, "tsc") && timer->frequency_hz != 0) {
            virtcpu_json_set(out, "tsc-frequency", virtcpu_json_new_uint(timer->frequency_hz));
        }
    }
}

static void
add_flag(VirtCpuJson *out, const FlagRow *row, const VirtCpuFeatureDef *flag)
{
    gboolean on = flag->state != VIRTCPU_TRISTATE_NO;

    switch (row->kind) {
    case FLAG_ON:
        if (on) {
            virtcpu_json_set_bool(out, row->property, TRUE);
        }
        break;
    case FLAG_ON_OFF:
        virtcpu_json_set_bool(out, row->property, on);
        break;
    case FLAG_VALUE:
        if (on) {
            virtcpu_json_set_string(out, row->property, flag->value);
        }
        break;
    case FLAG_NUMBER: /* its range was checked when it was read */
        if (on && flag->value != NULL) {
            virtcpu_json_set_int(out, row->property, g_ascii_strtoll(flag->value, NULL, 10));
        }
        break;
    case FLAG_INVERT:
        if (on) {
            virtcpu_json_set_bool(out, row->property, FALSE);
        }
        break;
    default:
        break;
    }
}

static void
add_flags(VirtCpuJson *out, const VirtCpuDomainDef *def)
{
    for (gsize i = 0; i < G_N_ELEMENTS(flag_rows); i++) {
        const VirtCpuFeatureDef *flag = virtcpu_domain_def_find_feature(def, flag_rows[i].flag);

        if (flag != NULL) {
            add_flag(out, &flag_rows[i], flag);
        }
    }
}

/* What the definition sets by QEMU's own names has the last word. */
static void
add_own(VirtCpuJson *out, const VirtCpuDomainDef *def)
{
    for (gsize i = 0; i < virtcpu_json_size(def->cpu_properties); i++) {
        virtcpu_json_set(out, virtcpu_json_key_at(def->cpu_properties, i),
                         virtcpu_json_copy(virtcpu_json_at(def->cpu_properties, i)));
    }
}

VirtCpuJson *
virtcpu_args_cpu_properties(const VirtCpuArgsInput *input)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    const VirtCpuDef *cpu = input->cpu;

    if (cpu != NULL) {
        /* only the host models know what can migrate */
        if (virtcpu_def_is_opaque(cpu) && cpu->migratable != VIRTCPU_TRISTATE_ABSENT) {
            virtcpu_json_set_bool(out, "migratable", cpu->migratable == VIRTCPU_TRISTATE_YES);
        }
        virtcpu_json_set_string(out, "vendor", cpu->vendor_id);
        add_features(out, input->def->arch, cpu);
    }
    add_timers(out, input->def);
    add_flags(out, input->def);
    if (cpu != NULL) {
        add_cache(out, cpu);
        add_physaddr(out, cpu);
    }
    add_own(out, input->def);
    return out;
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
append_model(GString *out, const VirtCpuArgsInput *input, GError **error)
{
    const VirtCpuDef *cpu = input->cpu;

    if (cpu != NULL &&
        (cpu->mode == VIRTCPU_MODE_HOST_PASSTHROUGH || cpu->mode == VIRTCPU_MODE_HOST_MODEL)) {
        /* host-model is still one only where it is the host itself */
        g_string_append(out, "host");
    } else if (cpu != NULL && cpu->mode == VIRTCPU_MODE_MAXIMUM) {
        g_string_append(out, "max");
    } else if (cpu != NULL && cpu->model != NULL) {
        g_string_append(out, cpu->model);
    } else {
        return append_default_model(out, input, error);
    }
    return TRUE;
}

static void
append_property(GString *out, const char *name, const VirtCpuJson *value)
{
    const char *text = virtcpu_json_to_string(value);
    g_autofree char *escaped = text != NULL ? virtcpu_args_escape(text) : NULL;
    guint64 number;

    if (escaped != NULL) {
        g_string_append_printf(out, ",%s=%s", name, escaped);
    } else if (!virtcpu_json_to_uint(value, &number)) {
        g_string_append_printf(out, ",%s=%s", name, virtcpu_json_is_true(value) ? "on" : "off");
    } else if (g_strv_contains(hex_properties, name)) {
        g_string_append_printf(out, ",%s=0x%" G_GINT64_MODIFIER "x", name, number);
    } else {
        g_string_append_printf(out, ",%s=%" G_GUINT64_FORMAT, name, number);
    }
}

char *
virtcpu_args_cpu(const VirtCpuArgsInput *input, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(VirtCpuJson) properties = NULL;

    if (!append_model(out, input, error)) {
        return NULL;
    }
    properties = virtcpu_args_cpu_properties(input);
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        append_property(out, virtcpu_json_key_at(properties, i), virtcpu_json_at(properties, i));
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
