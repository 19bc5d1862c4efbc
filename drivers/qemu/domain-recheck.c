/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-recheck.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/domain-trouble.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/verify.h"

/* For each answer; the job is held meanwhile. */
#define RECHECK_TIMEOUT_MS 5000

static gboolean
is_as_defined(VirtCpuDomain *domain, GError **error)
{
    const VirtCpuVerifyInput input = {
        .qmp = domain->run->qmp,
        .def = domain->live,
        .cpu = domain->live->cpu,
        .timeout_ms = RECHECK_TIMEOUT_MS,
        .host = domain->driver->host,
    };
    g_autoptr(VirtCpuDef) live = NULL;

    return virtcpu_verify_run(&input, &live, error);
}

/* The recorded one (transfer full), or NULL. */
static VirtCpuPassport *
take_passport(VirtCpuDomain *domain)
{
    VirtCpuPassport *passport;

    g_mutex_lock(&domain->lock);
    passport = domain->run->passport ? virtcpu_passport_ref(domain->run->passport) : NULL;
    g_mutex_unlock(&domain->lock);
    return passport;
}

static gboolean
is_as_recorded(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(VirtCpuPassport) passport = take_passport(domain);

    /* a passport knows of CPUs that a definition does not describe, the host's own; what it has of
     * the others is there to the last bit, or it is what their definition says */
    if (passport && passport->features) {
        return virtcpu_passport_confirm_again(domain, passport, error);
    }
    return is_as_defined(domain, error) &&
           (!passport || !domain->live->cpu || !virtcpu_def_is_opaque(domain->live->cpu) ||
            virtcpu_passport_confirm_again(domain, passport, error));
}

static void
note_difference(VirtCpuDomain *domain, const GError *error)
{
    virtcpu_domain_trouble_begin(
        domain, VIRTCPU_TROUBLE_CPU,
        g_strdup_printf(error->code == VIRTCPU_ERR_OPERATION_FAILED
                            ? _("the guest's CPU is not what it was started with: %s")
                            : _("the guest's CPU could not be compared with what it was started "
                                "with: %s"),
                        error->message));
}

/* Nothing that ends, or is not heard of, is asked. */
static gboolean
can_be_asked(VirtCpuDomain *domain)
{
    gboolean can;

    g_mutex_lock(&domain->lock);
    can = domain->run && domain->run->unchecked && !domain->run->destroying &&
          !domain->run->monitor_gone;
    g_mutex_unlock(&domain->lock);
    return can && !g_atomic_int_get(&domain->driver->interrupted);
}

static void
set_unchecked(VirtCpuDomain *domain, gboolean unchecked)
{
    g_mutex_lock(&domain->lock);
    if (domain->run) {
        domain->run->unchecked = unchecked;
    }
    g_mutex_unlock(&domain->lock);
}

/* A worker's task. One that hangs is asked again when it answers. */
static void
recheck(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_job_begin_beside(domain, &error)) {
        g_message("The CPU of domain '%s' is not compared: %s", domain->name, error->message);
        return;
    }
    if (can_be_asked(domain)) {
        if (is_as_recorded(domain, &error)) {
            set_unchecked(domain, FALSE);
        } else if (!g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT) &&
                   can_be_asked(domain)) { /* else it ended while it was asked */
            set_unchecked(domain, FALSE);
            note_difference(domain, error);
        }
    }
    virtcpu_domain_job_end(domain);
}

/* Queues are the main loop's. */
static void
queue_recheck(VirtCpuDomain *domain)
{
    virtcpu_driver_queue_patiently(domain->driver, recheck, domain);
}

void
virtcpu_domain_recheck_cpu(VirtCpuDomain *domain)
{
    set_unchecked(domain, TRUE);
    virtcpu_driver_invoke(domain->driver, queue_recheck, domain);
}
