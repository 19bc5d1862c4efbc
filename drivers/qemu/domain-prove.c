/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-prove.h"

#include "drivers/qemu/driver-priv.h"

/* All vCPUs are made of one -cpu; a few show that they are alike and how they are numbered, and
 * come up in the time of one. */
#define PROVEN_VCPUS 4

gboolean
virtcpu_domain_prove(VirtCpuDomain *domain, const VirtCpuArgsInput *args, GError **error)
{
    VirtCpuDriver *driver = domain->driver;
    const VirtCpuGuestInput input = {
        .def = args->def,
        .caps = args->caps,
        .cpu = args->cpu,
        .line = args->line,
        .max_vcpus = PROVEN_VCPUS,
        .timeout_ms = driver->monitor_timeout_ms,
    };
    g_autoptr(GError) reason = NULL;

    if (driver->verify_in_guest == VIRTCPU_PROVE_OFF ||
        virtcpu_guest_proofs_ensure(virtcpu_qemu_cache_proofs(driver->cache), &input,
                                    driver->verify_in_guest == VIRTCPU_PROVE_ALWAYS, &reason)) {
        return TRUE;
    }
    if (args->cpu != NULL && args->cpu->check == VIRTCPU_CHECK_FULL) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    g_warning("Domain '%s' is started all the same, for its <cpu> has no check='full': %s",
              domain->name, reason->message);
    return TRUE;
}
