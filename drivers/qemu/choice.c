/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/choice.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-search.h"

void
virtcpu_qemu_chosen_clear(VirtCpuQemuChosen *chosen)
{
    g_clear_pointer(&chosen->caps, virtcpu_qemu_caps_unref);
}

static gboolean
choose_arch(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice, VirtCpuArch *arch,
            GError **error)
{
    if (choice->arch != NULL) {
        *arch = virtcpu_arch_from_string(choice->arch);
        if (*arch == VIRTCPU_ARCH_NONE) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown architecture: %s"),
                              choice->arch);
            return FALSE;
        }
        return TRUE;
    }
    *arch =
        choice->emulator != NULL ? virtcpu_qemu_search_claim(choice->emulator) : VIRTCPU_ARCH_NONE;
    if (*arch == VIRTCPU_ARCH_NONE) {
        *arch = virtcpu_driver_host(driver)->arch;
    }
    return TRUE;
}

static char *
choose_binary(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice, VirtCpuArch arch,
              GError **error)
{
    char *binary = choice->emulator != NULL
                       ? g_strdup(choice->emulator)
                       : virtcpu_qemu_cache_binary(virtcpu_driver_cache(driver), arch);

    if (binary == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("unable to find any emulator to serve '%s' architecture"),
                          virtcpu_arch_to_string(arch));
    }
    return binary;
}

static gboolean
choose_virt_type(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice, VirtCpuArch arch,
                 VirtCpuVirtType *virt_type, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(driver);

    if (choice->virt_type == NULL) {
        *virt_type = host->kvm_usable && virtcpu_arch_runs(host->arch, arch) ? VIRTCPU_VIRT_KVM
                                                                             : VIRTCPU_VIRT_QEMU;
        return TRUE;
    }
    if (!virtcpu_virt_type_from_string(choice->virt_type, virt_type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown virttype: %s"),
                          choice->virt_type);
        return FALSE;
    }
    if (*virt_type == VIRTCPU_VIRT_KVM && !virtcpu_arch_runs(host->arch, arch)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("KVM is not supported by '%s' guests on this host"),
                          virtcpu_arch_to_string(arch));
        return FALSE;
    }
    return TRUE;
}

/* What the binary turned out to be must fit the rest of the choice. */
static gboolean
check_fit(const VirtCpuQemuChoice *choice, VirtCpuQemuChosen *chosen, GError **error)
{
    const VirtCpuQemuCaps *caps = chosen->caps;

    if (choice->arch == NULL && choice->emulator != NULL) {
        chosen->arch = caps->arch;
    }
    if (!virtcpu_arch_runs(caps->arch, chosen->arch)) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_INVALID_ARG,
            _("architecture from emulator '%s' doesn't match given architecture '%s'"),
            virtcpu_arch_to_string(caps->arch), virtcpu_arch_to_string(chosen->arch));
        return FALSE;
    }
    chosen->machine = virtcpu_qemu_caps_machine(caps, choice->machine);
    if (chosen->machine == NULL && choice->machine == NULL && caps->machines->len > 0) {
        chosen->machine = caps->machines->pdata[0]; /* targets such as aarch64 have no default */
    }
    if (chosen->machine == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the machine '%s' is not supported by emulator '%s'"),
                          choice->machine != NULL ? choice->machine : "", caps->binary);
        return FALSE;
    }
    return TRUE;
}

/* The binary and virt type, before anything is known of them; arch into @chosen. Quick. Returns the
 * binary (transfer full). */
static char *
choose_what_to_ask(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                   VirtCpuQemuChosen *chosen, VirtCpuVirtType *virt_type, GError **error)
{
    *chosen = (VirtCpuQemuChosen){ 0 };
    if (!choose_arch(driver, choice, &chosen->arch, error) ||
        !choose_virt_type(driver, choice, chosen->arch, virt_type, error)) {
        return NULL;
    }
    return choose_binary(driver, choice, chosen->arch, error);
}

gboolean
virtcpu_qemu_choose(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                    VirtCpuQemuChosen *chosen, GError **error)
{
    VirtCpuVirtType virt_type;
    g_autofree char *binary = choose_what_to_ask(driver, choice, chosen, &virt_type, error);

    if (binary == NULL) {
        return FALSE;
    }
    chosen->caps = virtcpu_qemu_cache_get(virtcpu_driver_cache(driver), binary, virt_type, error);
    return chosen->caps != NULL && check_fit(choice, chosen, error);
}

gboolean
virtcpu_qemu_choose_peek(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                         VirtCpuQemuChosen *chosen)
{
    VirtCpuVirtType virt_type;
    g_autofree char *binary = choose_what_to_ask(driver, choice, chosen, &virt_type, NULL);

    if (binary == NULL) {
        return FALSE;
    }
    chosen->caps = virtcpu_qemu_cache_peek(virtcpu_driver_cache(driver), binary, virt_type);
    return chosen->caps != NULL && check_fit(choice, chosen, NULL);
}
