/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-complete.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/assign.h"
#include "drivers/qemu/domain-actions.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/machine-bus.h"

VirtCpuQemuCaps *
virtcpu_domain_caps(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    return virtcpu_qemu_cache_get(driver->cache, def->emulator, def->virt_type, error);
}

/* Which binary @def is for: the one it names, or the installed one for its architecture. */
static char *
choose_emulator(VirtCpuDriver *driver, const VirtCpuDomainDef *def, VirtCpuArch arch,
                GError **error)
{
    char *binary;

    if (def->emulator)
        return g_strdup(def->emulator);
    binary = virtcpu_qemu_cache_binary(driver->cache, arch);
    if (!binary)
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("No emulator found for arch '%s': install its qemu-system binary or "
                            "name one in <emulator>"),
                          virtcpu_arch_to_string(arch));
    return binary;
}

static gboolean
check_arch(const VirtCpuQemuCaps *caps, VirtCpuArch arch, GError **error)
{
    if (virtcpu_arch_runs(caps->arch, arch))
        return TRUE;
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("Emulator '%s' runs arch '%s', not the arch '%s' of <os><type>"),
                      caps->binary, virtcpu_arch_to_string(caps->arch),
                      virtcpu_arch_to_string(arch));
    return FALSE;
}

static const VirtCpuQemuMachine *
choose_machine(const VirtCpuQemuCaps *caps, const char *wanted, GError **error)
{
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(caps, wanted);

    if (machine)
        return machine;
    if (wanted)
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Emulator '%s' does not support machine type '%s'"), caps->binary,
                          wanted);
    else
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Emulator '%s' has no default machine type: name one in <os><type "
                            "machine=>"),
                          caps->binary);
    return NULL;
}

gboolean
virtcpu_domain_complete(VirtCpuDomainDef *def, VirtCpuArch arch, const VirtCpuQemuCaps *caps,
                        GError **error)
{
    const VirtCpuQemuMachine *machine =
        check_arch(caps, arch, error) ? choose_machine(caps, def->machine, error) : NULL;
    VirtCpuDomainDefaults defaults = { .arch = arch, .emulator = caps->binary };

    if (!machine)
        return FALSE;
    defaults.machine = machine->name;
    defaults.no_memballoon =
        virtcpu_machine_bus_find(caps, machine->name)->virtio_address == VIRTCPU_ADDRESS_NONE ||
        !virtcpu_arch_adds_memballoon(arch);
    g_free(def->machine);
    def->machine = g_strdup(machine->name);
    if (!virtcpu_domain_def_complete(def, &defaults, error) ||
        !virtcpu_devices_assign(def, caps, error))
        return FALSE;
    if (machine->max_cpus && def->max_vcpus > machine->max_cpus) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Maximum CPUs greater than specified machine type limit %u"),
                          machine->max_cpus);
        return FALSE;
    }
    return virtcpu_domain_check_actions(def, error) &&
           virtcpu_domain_complete_cpu(def, caps, error);
}

VirtCpuDomainDef *
virtcpu_domain_read(VirtCpuDriver *driver, const char *xml, gboolean validate,
                    VirtCpuQemuCaps **caps, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, validate, error);
    g_autoptr(VirtCpuQemuCaps) own_caps = NULL;
    g_autofree char *emulator = NULL;
    VirtCpuArch arch;

    if (!def)
        return NULL;
    arch = def->arch != VIRTCPU_ARCH_NONE ? def->arch : driver->host->arch;
    emulator = choose_emulator(driver, def, arch, error);
    if (!emulator)
        return NULL;
    own_caps = virtcpu_qemu_cache_get(driver->cache, emulator, def->virt_type, error);
    if (!own_caps || !virtcpu_domain_complete(def, arch, own_caps, error) ||
        !virtcpu_firmware_complete(def, virtcpu_firmware_folders, driver->nvram_dir, error))
        return NULL;
    if (caps)
        *caps = g_steal_pointer(&own_caps);
    return g_steal_pointer(&def);
}

VirtCpuDomainDef *
virtcpu_domain_complete_elsewhere(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps,
                                  const char *machine, GError **error)
{
    g_autoptr(VirtCpuDomainDef) copy = virtcpu_domain_def_copy(def);
    VirtCpuArch arch = def->arch != VIRTCPU_ARCH_NONE ? def->arch : caps->arch;

    copy->virt_type = caps->virt_type;
    g_free(copy->emulator);
    copy->emulator = g_strdup(caps->binary);
    if (machine != NULL) {
        g_free(copy->machine);
        copy->machine = g_strdup(machine);
    }
    if (!virtcpu_domain_complete(copy, arch, caps, error)) {
        return NULL;
    }
    if (copy->cpu != NULL) {
        copy->cpu->check = VIRTCPU_CHECK_NONE;
    }
    return g_steal_pointer(&copy);
}
