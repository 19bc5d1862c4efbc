/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-abi.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/migrate-portable.h"
#include "drivers/qemu/migrate-priv.h"

/* What a source switches on by itself, so that the guest stops only once all disks are flushed. */
#define SOURCE_AUTOMATIC "pause-before-switchover"

/* What of the running guest the destination has to know: exactly which CPU it has. */
static gboolean
describe_run(VirtCpuDomain *domain, VirtCpuMigrationCookie *cookie, GError **error)
{
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_make(domain, error);

    if (passport == NULL ||
        !virtcpu_migration_add_capabilities(domain, cookie, SOURCE_AUTOMATIC, error)) {
        return FALSE;
    }
    cookie->passport = virtcpu_passport_to_xml(passport);
    cookie->cpu = virtcpu_migrate_portable_cpu(domain->live->arch, domain->live->cpu);
    return TRUE;
}

static GBytes *
make_cookie(VirtCpuDomain *domain, const VirtCpuDomainDef *def, gboolean offline, GError **error)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_new_cookie(domain, domain->name);

    cookie->abi_format = VIRTCPU_MIGRATION_ABI_FORMAT;
    cookie->abi = virtcpu_domain_abi_digest(def);
    if (!offline && !describe_run(domain, cookie, error)) {
        return NULL;
    }
    return virtcpu_migration_pack_cookie(cookie);
}

/* The job is held. */
static char *
begin(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GBytes **cookie, GError **error)
{
    const gboolean offline = (call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0;
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if (!virtcpu_migration_check(domain, call, error)) {
        return NULL;
    }
    def = virtcpu_migration_make_def(domain, call, error);
    if (def == NULL) {
        return NULL;
    }
    if (!offline) {
        VirtCpuDef *exact = def->cpu;

        def->cpu = virtcpu_migrate_portable_cpu(def->arch, exact);
        virtcpu_def_free(exact);
    }
    *cookie = make_cookie(domain, def, offline, error);
    return *cookie != NULL ? virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_INACTIVE |
                                                                VIRTCPU_DOMAIN_XML_MIGRATABLE |
                                                                VIRTCPU_DOMAIN_XML_SECURE)
                           : NULL;
}

/* Nothing was done yet: the operation just ends. Or the client went away within the next phase,
 * which this waited for, and all was sent. */
static void
undo_begin(VirtCpuDomain *domain)
{
    if (!virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, NULL)) {
        return;
    }
    if (domain->operation.phase == VIRTCPU_MIGRATE_OUT_PERFORMED) {
        virtcpu_migration_settle_alone(domain);
        return;
    }
    g_message("The migration of domain '%s' ends: its client went away", domain->name);
    virtcpu_domain_operation_end(domain);
}

static char *
begin_protected(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GBytes **cookie,
                GError **error)
{
    char *xml;

    if (!virtcpu_domain_operation_begin(domain, VIRTCPU_OPERATION_MIGRATION_OUT, call->owner,
                                        error)) {
        return NULL;
    }
    xml = begin(domain, call, cookie, error);
    if (xml == NULL) {
        virtcpu_domain_operation_end(domain);
        return NULL;
    }
    virtcpu_domain_operation_set_undo(domain, undo_begin);
    virtcpu_domain_operation_release(domain);
    return xml;
}

char *
virtcpu_driver_migrate_begin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const VirtCpuMigrateCall *call, GBytes **cookie, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    char *xml;

    if (domain == NULL) {
        return NULL;
    }
    if ((call->flags & VIRTCPU_MIGRATE_CHANGE_PROTECTION) != 0 &&
        (call->flags & VIRTCPU_MIGRATE_OFFLINE) == 0) {
        return begin_protected(domain, call, cookie, error);
    }
    if (!virtcpu_domain_job_begin(domain, error)) {
        return NULL;
    }
    xml = begin(domain, call, cookie, error);
    virtcpu_domain_job_end(domain);
    return xml;
}
