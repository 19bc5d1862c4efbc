/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"

#include <string.h>

/* The model QEMU would take by itself, or NULL when the binary does not say (transfer full). */
static char *
default_model(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps)
{
    char *model =
        virtcpu_qemu_caps_default_model(caps, virtcpu_qemu_caps_machine(caps, def->machine));

    /* a narrower guest gets the default's narrow sibling: qemu32 beside qemu64 */
    if (model && virtcpu_arch_wordsize(def->arch) == 32 && g_str_has_suffix(model, "64"))
        memcpy(model + strlen(model) - 2, "32", 2);
    return model;
}

static void
set_custom(VirtCpuDef *cpu, const char *model)
{
    cpu->mode = VIRTCPU_MODE_CUSTOM;
    cpu->match = VIRTCPU_MATCH_EXACT;
    cpu->has_match = TRUE;
    cpu->model = g_strdup(model);
    cpu->fallback = VIRTCPU_FALLBACK_FORBID;
    cpu->has_fallback = TRUE;
    if (cpu->check == VIRTCPU_CHECK_DEFAULT)
        cpu->check = VIRTCPU_CHECK_NONE;
}

/* Name the model QEMU takes by default, so that a later QEMU cannot take another. "host" is no
 * model but a mode: that which names what the guest gets, where QEMU can name it. */
static void
name_default_model(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps)
{
    g_autofree char *model = default_model(def, caps);

    if (!model)
        return;
    if (!def->cpu)
        def->cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    if (g_str_equal(model, "host"))
        def->cpu->mode = caps->host_model ? VIRTCPU_MODE_HOST_MODEL : VIRTCPU_MODE_HOST_PASSTHROUGH;
    else
        set_custom(def->cpu, model);
}

static void
fill_defaults(VirtCpuDef *cpu, const VirtCpuQemuCaps *caps)
{
    if (cpu->check == VIRTCPU_CHECK_DEFAULT)
        cpu->check = virtcpu_def_is_opaque(cpu) ? VIRTCPU_CHECK_NONE : VIRTCPU_CHECK_PARTIAL;
    if (virtcpu_def_is_opaque(cpu) && cpu->migratable == VIRTCPU_TRISTATE_ABSENT &&
        virtcpu_qemu_caps_has_property(caps, "migratable"))
        cpu->migratable = VIRTCPU_TRISTATE_YES;
    if (cpu->mode == VIRTCPU_MODE_CUSTOM && cpu->model)
        cpu->has_fallback = cpu->has_match = TRUE;
}

static gboolean
check_migratable(const VirtCpuDef *cpu, const VirtCpuQemuCaps *caps, GError **error)
{
    if (cpu->migratable == VIRTCPU_TRISTATE_ABSENT || !virtcpu_def_is_opaque(cpu) ||
        virtcpu_qemu_caps_has_property(caps, "migratable"))
        return TRUE;
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("Migratable attribute for %s CPU is not supported by QEMU binary '%s'"),
                      virtcpu_mode_to_string(cpu->mode), caps->binary);
    return FALSE;
}

static gboolean
check_deprecated(const VirtCpuDef *cpu, const VirtCpuQemuCaps *caps, GError **error)
{
    if (cpu->deprecated_features == VIRTCPU_TRISTATE_ABSENT || caps->deprecated_properties)
        return TRUE;
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("toggling deprecated features for CPU model is unsupported"));
    return FALSE;
}

static gboolean
check_cache(const VirtCpuDef *cpu, GError **error)
{
    if (!cpu->has_cache)
        return TRUE;
    if (cpu->cache_mode == VIRTCPU_CACHE_EMULATE && cpu->cache_level != 3) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU cache mode 'emulate' can only be used with level='3'"));
        return FALSE;
    }
    if (cpu->cache_mode == VIRTCPU_CACHE_PASSTHROUGH && !virtcpu_def_is_opaque(cpu)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU cache mode 'passthrough' can only be used with "
                            "'host-passthrough' / 'maximum' CPUs"));
        return FALSE;
    }
    if (cpu->cache_mode != VIRTCPU_CACHE_EMULATE && cpu->cache_level != -1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported CPU cache level for mode '%s'"),
                          cpu->cache_mode == VIRTCPU_CACHE_PASSTHROUGH ? "passthrough" : "disable");
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_physaddr(const VirtCpuDef *cpu, GError **error)
{
    if (cpu->physaddr_mode == VIRTCPU_PHYSADDR_PASSTHROUGH && cpu->physaddr_bits != -1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU maximum physical address bits number specification cannot be "
                            "used with mode='passthrough'"));
        return FALSE;
    }
    if (cpu->physaddr_mode == VIRTCPU_PHYSADDR_EMULATE && cpu->physaddr_limit != -1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU maximum physical address bits limit cannot be used with "
                            "mode='emulate'"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_complete_cpu(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    VirtCpuDef *cpu = def->cpu;

    if (!cpu || (cpu->mode == VIRTCPU_MODE_CUSTOM && !cpu->model))
        name_default_model(def, caps);
    cpu = def->cpu;
    if (!cpu)
        return TRUE;
    fill_defaults(cpu, caps);
    if (cpu->mode == VIRTCPU_MODE_HOST_PASSTHROUGH && def->virt_type != VIRTCPU_VIRT_KVM) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU mode 'host-passthrough' for %s %s domain on %s host is not "
                            "supported by hypervisor"),
                          virtcpu_arch_to_string(def->arch),
                          virtcpu_virt_type_to_string(def->virt_type),
                          virtcpu_arch_to_string(virtcpu_arch_host()));
        return FALSE;
    }
    return check_migratable(cpu, caps, error) && check_deprecated(cpu, caps, error) &&
           check_cache(cpu, error) && check_physaddr(cpu, error) &&
           virtcpu_cpu_validate_features(def->arch, cpu, error);
}
