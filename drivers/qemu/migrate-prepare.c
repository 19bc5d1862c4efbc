/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-abi.h"
#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/arrival.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-launch.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-arrive.h"
#include "drivers/qemu/migrate-offline.h"
#include "drivers/qemu/migrate-place.h"
#include "drivers/qemu/migrate-portable.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/migrate-self.h"
#include "drivers/qemu/migrate-send.h"
#include "drivers/qemu/move-in.h"

#include <string.h>

/* What a destination switches on by itself: disks are the source's until the guest is let run. */
#define DESTINATION_AUTOMATIC "late-block-activate"
/* How often a port is looked for when others take it before QEMU listens there. */
#define LISTEN_TRIES 4

/* A guest that is on its way in; what is in it is its own until the domain has it. */
typedef struct {
    VirtCpuDriver *driver;
    const VirtCpuMigrateCall *call;
    VirtCpuMigrationCookie *cookie; /* the source's */
    VirtCpuDomainDef *def;
    VirtCpuPassport *passport; /* NULL: the source gave none */
    VirtCpuMigrationUri *place;
    VirtCpuMigrateDoor *door; /* NULL: QEMU listens itself */
    char *secret;             /* NULL: the source is not one of ours */
    guint witness;            /* port where it may ask later; 0: it asks our daemon */
} Arrival;

static void
arrival_clear(Arrival *arrival)
{
    virtcpu_migration_cookie_free(arrival->cookie);
    virtcpu_domain_def_free(arrival->def);
    virtcpu_passport_unref(arrival->passport);
    virtcpu_migration_uri_free(arrival->place);
    virtcpu_migrate_door_free(arrival->door);
    g_free(arrival->secret);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arrival, arrival_clear)

/* ---- reading what was sent ---- */

/* Is the source a daemon of our kind? */
static gboolean
is_ours(const Arrival *arrival)
{
    return arrival->cookie->abi_format != 0;
}

static gboolean
take_name(Arrival *arrival, GError **error)
{
    const char *wanted = arrival->call->params->destination_name;

    if (wanted == NULL) {
        return TRUE;
    }
    if (wanted[0] == '\0' || strpbrk(wanted, "/\n") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("'%s' is no name for a domain: it is empty or has a slash"), wanted);
        return FALSE;
    }
    g_free(arrival->def->name);
    arrival->def->name = g_strdup(wanted);
    return TRUE;
}

/* What came through the client is what the source wrote. */
static gboolean
check_abi(const Arrival *arrival, GError **error)
{
    g_autofree char *digest = virtcpu_domain_abi_digest(arrival->def);

    if (arrival->cookie->abi_format != VIRTCPU_MIGRATION_ABI_FORMAT ||
        g_strcmp0(arrival->cookie->abi, digest) == 0) {
        return TRUE;
    }
    virtcpu_error_set(
        error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
        _("the definition of domain '%s' that came with the migration is not what its "
          "source sent: the guest would see another machine"),
        arrival->def->name);
    return FALSE;
}

/* libvirt's definition has the CPU as it was asked for, its cookie has the one that the guest has.
 */
static gboolean
take_cpu(Arrival *arrival, GError **error)
{
    const VirtCpuDef *exact;

    if (arrival->cookie->passport != NULL) {
        arrival->passport = virtcpu_passport_parse(arrival->cookie->passport, error);
        if (arrival->passport == NULL) {
            return FALSE;
        }
    }
    exact = arrival->passport != NULL ? arrival->passport->cpu : arrival->cookie->cpu;
    if (exact != NULL) {
        virtcpu_def_free(arrival->def->cpu);
        arrival->def->cpu = virtcpu_def_copy(exact);
    }
    return TRUE;
}

static gboolean
read_arrival(Arrival *arrival, GError **error)
{
    const char *xml = arrival->call->params->destination_xml;
    g_autofree char *portable = NULL;

    if (xml == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("no domain XML passed"));
        return FALSE;
    }
    arrival->cookie =
        virtcpu_migration_read_cookie(arrival->driver, arrival->call, NULL, NULL, error);
    if (arrival->cookie == NULL) {
        return FALSE;
    }
    portable = is_ours(arrival) ? g_strdup(xml) : virtcpu_migrate_portable_xml(xml);
    arrival->def = virtcpu_domain_read(arrival->driver, portable, FALSE, NULL, error);
    return arrival->def != NULL &&
           virtcpu_migration_check_subject(arrival->cookie, NULL, arrival->def->uuid, error) &&
           check_abi(arrival, error) && take_name(arrival, error);
}

/* ---- deciding ---- */

static gboolean
check_absent(const Arrival *arrival, GError **error)
{
    g_autoptr(VirtCpuDomain) same =
        virtcpu_domain_list_find(arrival->driver->domains, arrival->def->uuid, NULL);

    if (same != NULL && virtcpu_domain_is_active(same)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain '%s' is already active"),
                          same->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean
decide(Arrival *arrival, GError **error)
{
    g_auto(VirtCpuArrival) decision = { 0 };

    return check_absent(arrival, error) && take_cpu(arrival, error) &&
           virtcpu_arrival_judge(arrival->driver, arrival->def, arrival->passport, &decision,
                                 error) &&
           virtcpu_arrival_check(&decision, error);
}

/* ---- opening the door ---- */

/* Several connections are QEMU's own to take. */
static gboolean
is_parallel(const Arrival *arrival)
{
    return (arrival->call->flags & VIRTCPU_MIGRATE_PARALLEL) != 0;
}

/* A source of ours shows the secret that goes back to it in the cookie; a libvirt does not, nor do
 * several connections. */
static gboolean
make_door(Arrival *arrival, GError **error)
{
    const gboolean ours = is_ours(arrival);

    arrival->place = virtcpu_migrate_place_choose(
        arrival->driver->self, arrival->call->params,
        virtcpu_migrate_self_is_near(arrival->driver->self, arrival->cookie), error);
    if (arrival->place == NULL) {
        return FALSE;
    }
    arrival->door = virtcpu_migrate_place_listen(arrival->place, arrival->call->params, error);
    if (arrival->door == NULL) {
        return FALSE;
    }
    if (ours && arrival->secret == NULL) {
        arrival->secret = virtcpu_migrate_secret_new(error);
    }
    return !ours || arrival->secret != NULL;
}

/* A source on this machine asks the daemon, through its socket. */
static gboolean
call_witness(Arrival *arrival, GError **error)
{
    if (!is_ours(arrival) || virtcpu_migrate_self_is_near(arrival->driver->self, arrival->cookie)) {
        return TRUE;
    }
    arrival->witness = virtcpu_migrate_witness_open(arrival->driver->witness, error);
    return arrival->witness != 0;
}

/* Somebody came in: his stream is QEMU's to read. The door's thread. */
static void
let_in(int fd, gpointer user_data)
{
    VirtCpuMigration *migration = user_data;
    VirtCpuDomain *domain = migration->domain;
    g_auto(VirtCpuFd) stream = fd;
    g_autoptr(GError) error = NULL;

    g_atomic_int_set(&migration->entered, TRUE);
    if (!virtcpu_domain_job_begin_beside(domain, &error)) {
        g_message("%s", error->message);
        return;
    }
    if (domain->run == NULL || domain->operation.data != migration ||
        !virtcpu_move_in_listen(domain, stream, NULL, &error)) {
        g_message("The state of domain '%s' is not let in: %s", domain->name,
                  error != NULL ? error->message : "nobody waits for it");
    }
    virtcpu_domain_job_end(domain);
}

/* What QEMU cannot do is known before the source sends anything. */
static gboolean
prepare_qemu(VirtCpuDomain *domain, const Arrival *arrival, GError **error)
{
    g_autoptr(VirtCpuJson) capabilities =
        virtcpu_migrate_capabilities(arrival->call->flags, TRUE, is_ours(arrival));
    g_autoptr(VirtCpuJson) parameters = NULL;

    if (arrival->call->params->parallel_connections != 0) {
        parameters = virtcpu_json_new_object();
        virtcpu_json_set_int(parameters, "multifd-channels",
                             arrival->call->params->parallel_connections);
    }
    return virtcpu_move_in_prepare(domain, capabilities, parameters, error);
}

/* The port was kept for QEMU until now; somebody else may be quicker all the same. */
static gboolean
listen_in_qemu(VirtCpuDomain *domain, Arrival *arrival, GError **error)
{
    g_autoptr(GError) reason = NULL;

    for (int i = 0; i < LISTEN_TRIES; i++) {
        g_autofree char *uri =
            virtcpu_migrate_place_for_qemu(arrival->place, arrival->call->params);

        g_clear_pointer(&arrival->door, virtcpu_migrate_door_free);
        g_clear_error(&reason);
        if (virtcpu_move_in_listen(domain, -1, uri, &reason)) {
            return TRUE;
        }
        g_clear_pointer(&arrival->place, virtcpu_migration_uri_free);
        if (!make_door(arrival, error)) {
            return FALSE;
        }
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

static gboolean
await_state(VirtCpuDomain *domain, Arrival *arrival, GError **error)
{
    VirtCpuMigration *migration =
        virtcpu_migration_new(domain, arrival->call->flags, arrival->cookie->name);

    migration->ours = is_ours(arrival);
    migration->passport = g_steal_pointer(&arrival->passport);
    migration->witnessed = arrival->witness != 0 ? g_strdup(arrival->secret) : NULL;
    if (!is_parallel(arrival)) {
        migration->door = g_steal_pointer(&arrival->door);
    }
    virtcpu_domain_operation_set_data(domain, migration, virtcpu_migration_free);
    if (is_parallel(arrival)) {
        return listen_in_qemu(domain, arrival, error);
    }
    virtcpu_migrate_door_open(migration->door, arrival->secret, let_in, migration);
    return TRUE;
}

/* ---- starting QEMU ---- */

static void
undo_prepared(VirtCpuDomain *domain)
{
    if (virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_IN, NULL)) {
        g_message("Domain '%s' does not come: who brings it went away", domain->name);
        virtcpu_migration_drop(domain);
    }
}

/* Where the source is asked later whether the guest went on there, or NULL. */
static const char *
find_peer(const Arrival *arrival)
{
    return virtcpu_migrate_self_is_near(arrival->driver->self, arrival->cookie)
               ? arrival->cookie->daemon
               : NULL;
}

static gboolean
launch(VirtCpuDomain *domain, Arrival *arrival, GError **error)
{
    const VirtCpuLaunch how = {
        .paused_reason = VIRTCPU_PAUSED_MIGRATION,
        .incoming = TRUE,
        .passport = arrival->passport,
    };

    if (!virtcpu_domain_launch(domain, g_steal_pointer(&arrival->def), &how, error)) {
        return FALSE;
    }
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_STARTED, VIRTCPU_STARTED_MIGRATED);
    return prepare_qemu(domain, arrival, error) && await_state(domain, arrival, error) &&
           virtcpu_domain_operation_set_phase(domain, VIRTCPU_MIGRATE_IN_PREPARED, FALSE,
                                              find_peer(arrival), error);
}

static GBytes *
make_cookie(VirtCpuDomain *domain, const Arrival *arrival, GError **error)
{
    g_autoptr(VirtCpuMigrationCookie) cookie =
        virtcpu_migration_new_cookie(domain, arrival->cookie->name);

    cookie->abi_format = VIRTCPU_MIGRATION_ABI_FORMAT;
    cookie->secret = g_strdup(arrival->secret);
    cookie->witness = arrival->witness;
    return virtcpu_migration_add_capabilities(domain, cookie, DESTINATION_AUTOMATIC, error)
               ? virtcpu_migration_pack_cookie(cookie)
               : NULL;
}

/* The operation is entered. */
static gboolean
start(VirtCpuDomain *domain, Arrival *arrival, GBytes **answer, GError **error)
{
    if (virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain '%s' is already active"),
                          domain->name);
        virtcpu_domain_operation_end(domain);
        return FALSE;
    }
    *answer = launch(domain, arrival, error) ? make_cookie(domain, arrival, error) : NULL;
    if (*answer == NULL) {
        virtcpu_domain_drop_if_unknown(domain);
        virtcpu_migration_drop(domain);
        return FALSE;
    }
    virtcpu_domain_operation_set_undo(domain, undo_prepared);
    virtcpu_domain_operation_release(domain);
    return TRUE;
}

static gboolean
prepare(Arrival *arrival, GBytes **answer, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = NULL;

    if (!decide(arrival, error) || !make_door(arrival, error) || !call_witness(arrival, error)) {
        return FALSE;
    }
    domain = virtcpu_driver_claim_operation(
        arrival->driver, arrival->def, VIRTCPU_OPERATION_MIGRATION_IN, arrival->call->owner, error);
    return domain != NULL && start(domain, arrival, answer, error);
}

static GBytes *
sign_offline(const Arrival *arrival)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_cookie_new();

    cookie->name = g_strdup(arrival->cookie->name);
    memcpy(cookie->uuid, arrival->cookie->uuid, VIRTCPU_UUID_BYTES);
    virtcpu_migrate_self_sign(arrival->driver->self, cookie);
    return virtcpu_migration_pack_cookie(cookie);
}

/* Nothing comes to the URI, but clients insist on one. */
static gboolean
prepare_offline(Arrival *arrival, GBytes **answer, char **uri, GError **error)
{
    const VirtCpuMigrationUri nowhere = { .host = arrival->driver->self->hostname };

    if (!virtcpu_migrate_offline_put(arrival->driver, g_steal_pointer(&arrival->def),
                                     arrival->call->owner, error)) {
        return FALSE;
    }
    *answer = sign_offline(arrival);
    *uri = virtcpu_migration_uri_format(&nowhere);
    return TRUE;
}

gboolean
virtcpu_driver_migrate_prepare(VirtCpuDriver *driver, const VirtCpuMigrateCall *call,
                               GBytes **cookie, char **uri, GError **error)
{
    g_auto(Arrival) arrival = { .driver = driver, .call = call };

    if (!virtcpu_migrate_params_check(call->flags, call->params, FALSE, error) ||
        !read_arrival(&arrival, error)) {
        return FALSE;
    }
    if ((call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0) {
        return prepare_offline(&arrival, cookie, uri, error);
    }
    if (!prepare(&arrival, cookie, error)) {
        return FALSE;
    }
    *uri = virtcpu_migration_uri_format(arrival.place);
    return TRUE;
}
