/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-abi.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/migrate-safe.h"

/* ---- may it move? ---- */

/* What stands in the way, in QEMU's words (QEMU 6.0 and later tell). */
static gboolean
check_blockers(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    g_autoptr(GString) reasons = g_string_new(NULL);
    const VirtCpuJson *list;

    if (!virtcpu_domain_execute(domain, "query-migrate", NULL, &reply, error)) {
        return FALSE;
    }
    list = virtcpu_json_get(reply, "blocked-reasons");
    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const char *reason = virtcpu_json_to_string(virtcpu_json_at(list, i));

        g_string_append_printf(reasons, "%s%s", i > 0 ? "; " : "", reason != NULL ? reason : "?");
    }
    if (reasons->len > 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("cannot migrate domain: %s"),
                          reasons->str);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_state(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    VirtCpuDomainState state;
    int reason;

    g_mutex_lock(&domain->lock);
    state = domain->state;
    reason = domain->reason;
    g_mutex_unlock(&domain->lock);
    if (state != VIRTCPU_DOMAIN_RUNNING && state != VIRTCPU_DOMAIN_PAUSED) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot migrate domain '%s' while its guest shuts down, has crashed or "
                            "sleeps"),
                          domain->name);
        return FALSE;
    }
    if ((flags & VIRTCPU_MIGRATE_ABORT_ON_ERROR) != 0 && state == VIRTCPU_DOMAIN_PAUSED &&
        reason == VIRTCPU_PAUSED_IOERROR) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot migrate domain with I/O error"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_offline(VirtCpuDomain *domain, GError **error)
{
    if (domain->config == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("transient domains do not have any persistent config"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_migration_check(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GError **error)
{
    if (!virtcpu_migrate_params_check(call->flags, call->params, TRUE, error)) {
        return FALSE;
    }
    if ((call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0) {
        return check_offline(domain, error);
    }
    if (domain->run == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    return check_state(domain, call->flags, error) && check_blockers(domain, error) &&
           ((call->flags & VIRTCPU_MIGRATE_UNSAFE) != 0 ||
            virtcpu_migrate_safe_check(domain->live, error));
}

/* ---- as what? ---- */

/* A path that the daemon chose is for the other daemon to choose. */
static void
forget_own_paths(VirtCpuDomainDef *def, const VirtCpuDomainDef *original)
{
    const guint count = MIN(def->channels->len, original->channels->len);

    for (guint i = 0; i < count; i++) {
        VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);
        const VirtCpuChardevDef *written = g_ptr_array_index(original->channels, i);

        if (written->path == NULL) {
            g_clear_pointer(&channel->path, g_free);
            channel->listen = written->listen;
        }
    }
}

static VirtCpuDomainDef *
copy_own(VirtCpuDomain *domain, gboolean offline)
{
    VirtCpuDomainDef *def;

    g_mutex_lock(&domain->lock);
    def = virtcpu_domain_def_copy(offline ? domain->config : domain->live);
    if (!offline) {
        forget_own_paths(def, domain->original);
    }
    g_mutex_unlock(&domain->lock);
    def->id = -1;
    return def;
}

/* The CPU that the guest has, or one of the ways it was asked for: nothing else can be given to a
 * guest that runs. */
static gboolean
check_cpu(VirtCpuDomain *domain, const VirtCpuDef *wanted, GError **error)
{
    const VirtCpuDef *known[] = { domain->live->cpu, domain->original->cpu,
                                  domain->config != NULL ? domain->config->cpu : NULL };
    g_autofree char *text = wanted != NULL ? virtcpu_def_to_xml(wanted) : NULL;

    for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(known); i++) {
        g_autofree char *other = known[i] != NULL ? virtcpu_def_to_xml(known[i]) : NULL;

        if (g_strcmp0(text, other) == 0) {
            return TRUE;
        }
    }
    if (text == NULL && domain->live->cpu == NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("Target CPU does not match source: <cpu> of the target definition is "
                        "neither what the guest has nor what it was defined with"));
    return FALSE;
}

static gboolean
check_name(VirtCpuDomain *domain, const char *name, const char *wanted, GError **error)
{
    if (g_str_equal(name, domain->name) || g_strcmp0(name, wanted) == 0) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("target domain name doesn't match source name"));
    return FALSE;
}

VirtCpuDomainDef *
virtcpu_migration_make_def(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GError **error)
{
    const gboolean offline = (call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0;
    g_autoptr(VirtCpuDomainDef) own = copy_own(domain, offline);
    g_autoptr(VirtCpuDomainDef) wanted = NULL;

    if (call->params->destination_xml == NULL) {
        return g_steal_pointer(&own);
    }
    wanted = virtcpu_domain_read(domain->driver, call->params->destination_xml, FALSE, NULL, error);
    if (wanted == NULL ||
        !check_name(domain, wanted->name, call->params->destination_name, error) ||
        !virtcpu_domain_abi_check(own, wanted, error)) {
        return NULL;
    }
    if (!offline) {
        if (!check_cpu(domain, wanted->cpu, error)) {
            return NULL;
        }
        virtcpu_def_free(wanted->cpu);
        wanted->cpu = virtcpu_def_copy(own->cpu);
    }
    return g_steal_pointer(&wanted);
}
