/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-files.h"

#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/file-needs.h"

/* What is in the way is @reason's (transfer full). TRUE when the QEMU may run as the daemon
 * instead.
 */
static gboolean
do_without(VirtCpuDomain *domain, GError *reason, GError **error)
{
    const VirtCpuAccount *account = domain->driver->account;

    virtcpu_domain_files_return(domain);
    if (virtcpu_account_is_chosen(account)) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    g_message("QEMU of domain '%s' runs with the daemon's rights: %s", domain->name,
              reason->message);
    g_error_free(reason);
    return TRUE;
}

gboolean
virtcpu_domain_files_plan(VirtCpuDomain *domain, const VirtCpuDomainDef *def, gboolean *as_account,
                          GError **error)
{
    VirtCpuDriver *driver = domain->driver;
    g_autoptr(GPtrArray) needs = NULL;
    GError *reason = NULL;

    *as_account = FALSE;
    if (!driver->account) {
        return TRUE;
    }
    needs = virtcpu_file_needs_of_domain(def);
    domain->lent = virtcpu_file_loans_plan(driver->loans, driver->account, needs, &reason);
    if (!domain->lent) {
        return do_without(domain, reason, error);
    }
    *as_account = TRUE;
    return TRUE;
}

gboolean
virtcpu_domain_files_lend(VirtCpuDomain *domain, gboolean *as_account, GError **error)
{
    GError *reason = NULL;

    if (!*as_account || virtcpu_file_loans_give(domain->lent, domain->driver->account, &reason)) {
        return TRUE;
    }
    *as_account = FALSE;
    return do_without(domain, reason, error);
}

gboolean
virtcpu_domain_files_lend_disk(VirtCpuDomain *domain, const VirtCpuDiskDef *disk, GError **error)
{
    VirtCpuDriver *driver = domain->driver;
    g_autoptr(GPtrArray) needs = NULL;
    g_autoptr(GPtrArray) more = NULL;

    if (!driver->account || !domain->lent) {
        return TRUE;
    }
    needs = virtcpu_file_needs_of_disk(disk);
    more = virtcpu_file_loans_plan(driver->loans, driver->account, needs, error);
    if (!more) {
        return FALSE;
    }
    g_ptr_array_extend_and_steal(domain->lent, g_steal_pointer(&more));
    return virtcpu_domain_status_save(domain, error) &&
           virtcpu_file_loans_give(domain->lent, driver->account, error);
}

void
virtcpu_domain_files_adopt(VirtCpuDomain *domain, GPtrArray *lent)
{
    domain->lent = lent;
    virtcpu_file_loans_adopt(domain->driver->loans, lent);
}

void
virtcpu_domain_files_return(VirtCpuDomain *domain)
{
    VirtCpuDriver *driver = domain->driver;

    virtcpu_file_loans_return(driver->loans, driver->account, domain->lent);
    g_clear_pointer(&domain->lent, g_ptr_array_unref);
}
