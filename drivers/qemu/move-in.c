/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/move-in.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-log.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/move-priv.h"

/* A QEMU that cannot read its state ends, a moment after it closed its monitor. */
#define DYING_MS 5000

/* QEMU says no more than that it is not supported; its log has the reason, which is nearly always
 * the kernel's. */
static void
explain_postcopy(VirtCpuDomain *domain, GError **error)
{
    g_autofree char *why = g_strdup((*error)->message);

    g_clear_error(error);
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("QEMU of domain '%s' cannot fetch memory after the guest runs here "
                        "(post-copy): %s; the kernel lets root alone do so unless "
                        "vm.unprivileged_userfaultfd is 1"),
                      domain->name, why);
}

gboolean
virtcpu_move_in_prepare(VirtCpuDomain *domain, const VirtCpuJson *capabilities,
                        const VirtCpuJson *parameters, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (!virtcpu_move_set_capabilities(domain, capabilities, &reason)) {
        if (virtcpu_json_get_bool(capabilities, "postcopy-ram", FALSE)) {
            explain_postcopy(domain, &reason);
        }
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    return virtcpu_move_set_parameters(domain, parameters, error);
}

gboolean
virtcpu_move_in_listen(VirtCpuDomain *domain, int fd, const char *uri, GError **error)
{
    return virtcpu_move_start(domain, "migrate-incoming", NULL, fd, uri, error);
}

/* Why it failed: QEMU tells its log, and ends. */
static gboolean
set_failure(VirtCpuDomain *domain, GError **error)
{
    g_autofree char *words = NULL;

    if (virtcpu_move_get_status(domain) == VIRTCPU_MOVE_POSTCOPY_PAUSED) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("the rest of the memory of domain '%s' does not come (post-copy): the "
                            "connection to the source broke off"),
                          domain->name);
        return FALSE;
    }
    if (!virtcpu_process_wait(domain->run->process, DYING_MS)) {
        g_message("QEMU of domain '%s' failed to read a state but goes on", domain->name);
    }
    words = virtcpu_domain_log_last_words(domain, domain->run->log_from);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("QEMU of domain '%s' could not take the guest's state: %s"), domain->name,
                      *words ? words : _("it did not say why"));
    return FALSE;
}

gboolean
virtcpu_move_in_wait(VirtCpuDomain *domain, unsigned timeout_ms, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (!virtcpu_move_wait(domain, VIRTCPU_MOVE_COMPLETED, timeout_ms, &reason)) {
        /* one that was destroyed by a client has nothing to tell */
        if (domain->run && reason->code == VIRTCPU_ERR_OPERATION_FAILED) {
            return set_failure(domain, error);
        }
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    /* the wait ended with the job and a QEMU */
    return virtcpu_move_get_status(domain) == VIRTCPU_MOVE_COMPLETED || set_failure(domain, error);
}
