/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/migrate-peer.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/migrate-self.h"
#include "drivers/qemu/migrate-send.h"

/* How the other daemon is asked later whether the guest runs there (transfer full), or NULL: its
 * witness, by the URI that it was reached by, or through its own socket when that is on this
 * machine. */
static char *
find_peer(VirtCpuDomain *domain, const VirtCpuMigrateCall *call,
          const VirtCpuMigrationCookie *cookie)
{
    g_autofree char *daemon = NULL;

    g_mutex_lock(&domain->lock);
    daemon = g_strdup(domain->destination);
    g_mutex_unlock(&domain->lock);
    if (daemon == NULL && virtcpu_migrate_self_is_near(domain->driver->self, cookie)) {
        daemon = g_strdup(cookie->daemon);
    }
    return virtcpu_migrate_doubts_format(call->params->migrate_uri, cookie->witness, cookie->secret,
                                         daemon);
}

/* The guest's last stop here is for the migration. */
static gboolean
make_ready(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, const char *peer, GError **error)
{
    const gboolean running = virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING;

    if (!virtcpu_domain_operation_set_phase(domain, VIRTCPU_MIGRATE_OUT_PERFORM, running, peer,
                                            error)) {
        return FALSE;
    }
    if (running && (call->flags & VIRTCPU_MIGRATE_LIVE) == 0) {
        return virtcpu_domain_pause(domain, VIRTCPU_PAUSED_MIGRATION, VIRTCPU_SUSPENDED_MIGRATED,
                                    error);
    }
    g_mutex_lock(&domain->lock);
    virtcpu_domain_run_expect_stop(domain->run, VIRTCPU_PAUSED_MIGRATION,
                                   VIRTCPU_SUSPENDED_MIGRATED);
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* The persistent definition that the destination is to keep (transfer full), or NULL. */
static char *
persistent_xml(VirtCpuDomain *domain, const VirtCpuMigrateCall *call)
{
    const VirtCpuDomainXmlFlags flags =
        VIRTCPU_DOMAIN_XML_INACTIVE | VIRTCPU_DOMAIN_XML_MIGRATABLE | VIRTCPU_DOMAIN_XML_SECURE;
    char *xml;

    if ((call->flags & VIRTCPU_MIGRATE_PERSIST_DEST) == 0) {
        return NULL;
    }
    if (call->params->persistent_xml != NULL) {
        return g_strdup(call->params->persistent_xml);
    }
    g_mutex_lock(&domain->lock);
    xml = virtcpu_domain_def_format(domain->config != NULL ? domain->config : domain->original,
                                    flags);
    g_mutex_unlock(&domain->lock);
    return xml;
}

static GBytes *
make_cookie(VirtCpuDomain *domain, const VirtCpuMigrateCall *call)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_new_cookie(domain, domain->name);
    VirtCpuOperationProgress progress;

    cookie->persistent = persistent_xml(domain, call);
    if (cookie->persistent != NULL) {
        cookie->mandatory |= 1u << VIRTCPU_COOKIE_PERSISTENT;
    }
    if (virtcpu_domain_operation_ask(domain, &progress, NULL)) {
        virtcpu_migration_add_statistics(cookie, &progress);
    }
    return virtcpu_migration_pack_cookie(cookie);
}

/* The client went away when all was sent: whether the destination let the guest run is not known.
 */
static void
undo_performed(VirtCpuDomain *domain)
{
    if (virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, NULL)) {
        virtcpu_migration_settle_alone(domain);
    }
}

/* In post-copy there is no way back. */
static gboolean
note_performed(VirtCpuDomain *domain, const char *peer, GError **error)
{
    gboolean postcopy;

    g_mutex_lock(&domain->lock);
    postcopy = virtcpu_move_status_is_postcopy(domain->run->move);
    if (postcopy) {
        domain->reason = VIRTCPU_PAUSED_POSTCOPY;
    }
    g_mutex_unlock(&domain->lock);
    return virtcpu_domain_operation_set_phase(domain, VIRTCPU_MIGRATE_OUT_PERFORMED,
                                              domain->operation.resume && !postcopy, peer, error);
}

/* The operation is entered; it ends when this fails. */
static gboolean
perform(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GBytes **answer, GError **error)
{
    g_autoptr(VirtCpuMigrationCookie) cookie =
        virtcpu_migration_read_cookie(domain->driver, call, domain->name, domain->uuid, error);
    g_autofree char *peer = cookie != NULL ? find_peer(domain, call, cookie) : NULL;

    if (cookie == NULL || !make_ready(domain, call, peer, error) ||
        !virtcpu_migrate_send(domain, call->flags, call->params, cookie, error) ||
        !note_performed(domain, peer, error)) {
        return FALSE;
    }
    *answer = make_cookie(domain, call);
    virtcpu_domain_operation_set_undo(domain, undo_performed);
    virtcpu_domain_operation_release(domain);
    return TRUE;
}

/* With change protection the operation began in the phase before. */
static gboolean
enter(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GError **error)
{
    if ((call->flags & VIRTCPU_MIGRATE_CHANGE_PROTECTION) != 0) {
        return virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, error);
    }
    return virtcpu_domain_operation_begin(domain, VIRTCPU_OPERATION_MIGRATION_OUT, call->owner,
                                          error);
}

static gboolean
perform_here(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GBytes **cookie, GError **error)
{
    if (!enter(domain, call, error)) {
        return FALSE;
    }
    if (virtcpu_migration_check(domain, call, error) && perform(domain, call, cookie, error)) {
        return TRUE;
    }
    virtcpu_migration_roll_back(domain);
    return FALSE;
}

/* ---- peer to peer ---- */

/* Only one migration of a domain goes on at a time, so the later caller's URI is refused. */
static gboolean
set_destination(VirtCpuDomain *domain, const char *destination)
{
    gboolean set;

    g_mutex_lock(&domain->lock);
    set = domain->destination == NULL;
    if (set) {
        domain->destination = g_strdup(destination);
    }
    g_mutex_unlock(&domain->lock);
    return set;
}

static void
forget_destination(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    g_clear_pointer(&domain->destination, g_free);
    g_mutex_unlock(&domain->lock);
}

/* Any daemon but one of the same socket; a plain local URI is this or another one without a way to
 * tell. */
static gboolean
check_daemon_uri(const char *uri, GError **error)
{
    g_autoptr(GUri) parsed = g_uri_parse(uri, G_URI_FLAGS_NONE, NULL);

    if (parsed == NULL || ((g_uri_get_host(parsed) == NULL || g_uri_get_host(parsed)[0] == '\0') &&
                           g_uri_get_query(parsed) == NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Attempt to migrate guest to the same host %s"), uri);
        return FALSE;
    }
    return TRUE;
}

static gboolean
perform_peer(VirtCpuDomain *domain, const char *daemon_uri, const VirtCpuMigrateCall *call,
             GError **error)
{
    const char *own = domain->driver->self->daemon;
    gboolean done;

    if (!virtcpu_migrate_params_check(call->flags, call->params, TRUE, error) ||
        !check_daemon_uri(daemon_uri, error)) {
        return FALSE;
    }
    if (!set_destination(domain, daemon_uri)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("domain '%s' is being migrated already"), domain->name);
        return FALSE;
    }
    done = virtcpu_migrate_peer_run(own, daemon_uri, domain->uuid,
                                    call->flags & ~(unsigned)VIRTCPU_MIGRATE_PEER2PEER,
                                    call->params, error);
    forget_destination(domain);
    return done;
}

gboolean
virtcpu_driver_migrate_perform(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               const char *daemon_uri, const VirtCpuMigrateCall *call,
                               GBytes **cookie, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    if (domain == NULL) {
        return FALSE;
    }
    if ((call->flags & VIRTCPU_MIGRATE_PEER2PEER) == 0) {
        return perform_here(domain, call, cookie, error);
    }
    if (daemon_uri == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("a peer-to-peer migration needs the URI of the destination's daemon"));
        return FALSE;
    }
    return perform_peer(domain, daemon_uri, call, error);
}
