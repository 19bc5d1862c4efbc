/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-peer.h"

#include "conf/domain-state.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/library.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#define LIBRARY "libvirt.so.0"

/* A daemon that has not answered for 5 * 6 s is gone, as libvirt's own clients have it. */
#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT   5

/* The library's calls. */
typedef struct {
    __typeof__(virEventRegisterDefaultImpl) *register_events;
    __typeof__(virSetErrorFunc) *set_error_func;
    __typeof__(virGetLastError) *last_error;
    __typeof__(virConnectOpen) *open;
    __typeof__(virConnectClose) *close;
    __typeof__(virConnectSetKeepAlive) *keep_alive;
    __typeof__(virDomainLookupByUUID) *look_up;
    __typeof__(virDomainGetState) *get_state;
    __typeof__(virDomainMigrate3) *migrate;
    __typeof__(virDomainFree) *free_domain;
    __typeof__(virTypedParamsAddString) *add_string;
    __typeof__(virTypedParamsAddInt) *add_int;
    __typeof__(virTypedParamsAddULLong) *add_ullong;
    __typeof__(virTypedParamsFree) *free_params;
} Calls;

static const VirtCpuLibrarySymbol symbols[] = {
    { "virEventRegisterDefaultImpl", G_STRUCT_OFFSET(Calls, register_events) },
    { "virSetErrorFunc", G_STRUCT_OFFSET(Calls, set_error_func) },
    { "virGetLastError", G_STRUCT_OFFSET(Calls, last_error) },
    { "virConnectOpen", G_STRUCT_OFFSET(Calls, open) },
    { "virConnectClose", G_STRUCT_OFFSET(Calls, close) },
    { "virConnectSetKeepAlive", G_STRUCT_OFFSET(Calls, keep_alive) },
    { "virDomainLookupByUUID", G_STRUCT_OFFSET(Calls, look_up) },
    { "virDomainGetState", G_STRUCT_OFFSET(Calls, get_state) },
    { "virDomainMigrate3", G_STRUCT_OFFSET(Calls, migrate) },
    { "virDomainFree", G_STRUCT_OFFSET(Calls, free_domain) },
    { "virTypedParamsAddString", G_STRUCT_OFFSET(Calls, add_string) },
    { "virTypedParamsAddInt", G_STRUCT_OFFSET(Calls, add_int) },
    { "virTypedParamsAddULLong", G_STRUCT_OFFSET(Calls, add_ullong) },
    { "virTypedParamsFree", G_STRUCT_OFFSET(Calls, free_params) },
};

/* What the library would write to standard error is in the GError already. */
static void
ignore_error(void *user_data, virErrorPtr reason)
{
}

/* The library's events, for keepalives, come with the default main loop's, which is the daemon's.
 * To register them again does nothing. */
static gboolean
load(Calls *calls, GError **error)
{
    if (!virtcpu_library_load(LIBRARY, symbols, G_N_ELEMENTS(symbols), calls, error)) {
        return FALSE;
    }
    calls->set_error_func(NULL, ignore_error);
    (void)calls->register_events();
    return TRUE;
}

/* libvirt's message begins with the words of its class, which are added again when ours leaves. */
static void
set_failure(const Calls *calls, GError **error)
{
    const virErrorPtr reason = calls->last_error();
    const VirtCpuErrorCode code =
        reason != NULL ? (VirtCpuErrorCode)reason->code : VIRTCPU_ERR_INTERNAL_ERROR;
    const char *prefix = virtcpu_error_info(code)->prefix;
    const char *text = reason != NULL && reason->message != NULL ? reason->message : "?";
    const gsize length = strlen(prefix);

    if (length > 0 && strncmp(text, prefix, length) == 0 && g_str_has_prefix(text + length, ": ")) {
        text += length + 2;
    }
    virtcpu_error_set(error, code, "%s", text);
}

/* A connection that notices when the other side is gone (transfer full). */
static virConnectPtr
connect_to(const Calls *calls, const char *uri, GError **error)
{
    virConnectPtr connection = calls->open(uri);

    if (connection == NULL) {
        g_autoptr(GError) reason = NULL;

        set_failure(calls, &reason);
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("Failed to connect to remote libvirt URI %s: %s"), uri,
                          reason->message);
        return NULL;
    }
    (void)calls->keep_alive(connection, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
    return connection;
}

/* ---- migrating ---- */

typedef struct {
    const Calls *calls;
    virTypedParameterPtr params;
    int count, space;
} List;

static gboolean
add_param(const char *name, VirtCpuMigrateParamType type, gconstpointer value, gpointer user_data)
{
    List *list = user_data;
    int problem = -1;

    switch (type) {
    case VIRTCPU_MIGRATE_PARAM_STRING:
        problem = list->calls->add_string(&list->params, &list->count, &list->space, name, value);
        break;
    case VIRTCPU_MIGRATE_PARAM_INT:
        problem = list->calls->add_int(&list->params, &list->count, &list->space, name,
                                       *(const int *)value);
        break;
    case VIRTCPU_MIGRATE_PARAM_ULLONG:
        problem = list->calls->add_ullong(&list->params, &list->count, &list->space, name,
                                          *(const guint64 *)value);
        break;
    }
    return problem == 0;
}

static gboolean
migrate(const Calls *calls, virConnectPtr source, virConnectPtr destination,
        const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags, const VirtCpuMigrateParams *params,
        GError **error)
{
    virDomainPtr domain = calls->look_up(source, uuid);
    virDomainPtr arrived = NULL;
    List list = { .calls = calls };

    if (domain != NULL && virtcpu_migrate_params_foreach(params, add_param, &list)) {
        arrived = calls->migrate(domain, destination, list.params, (unsigned)list.count, flags);
    }
    if (arrived == NULL) {
        set_failure(calls, error);
    } else {
        calls->free_domain(arrived);
    }
    calls->free_params(list.params, list.count);
    if (domain != NULL) {
        calls->free_domain(domain);
    }
    return arrived != NULL;
}

gboolean
virtcpu_migrate_peer_run(const char *source, const char *destination,
                         const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                         const VirtCpuMigrateParams *params, GError **error)
{
    Calls calls = { 0 };
    virConnectPtr here;
    virConnectPtr there;
    gboolean done = FALSE;

    if (!load(&calls, error)) {
        return FALSE;
    }
    there = connect_to(&calls, destination, error);
    if (there == NULL) {
        return FALSE;
    }
    here = connect_to(&calls, source, error);
    if (here != NULL) {
        done = migrate(&calls, here, there, uuid, flags, params, error);
        calls.close(here);
    }
    calls.close(there);
    return done;
}

/* ---- asking ---- */

static VirtCpuPeerAnswer
judge(int state, int reason)
{
    if (state == VIRTCPU_DOMAIN_SHUTOFF) {
        return VIRTCPU_PEER_HAS_NONE;
    }
    if (state != VIRTCPU_DOMAIN_PAUSED) {
        return VIRTCPU_PEER_RUNS;
    }
    return reason == VIRTCPU_PAUSED_MIGRATION ? VIRTCPU_PEER_HOLDS : VIRTCPU_PEER_HAS;
}

static gboolean
ask_state(const Calls *calls, virConnectPtr connection, const guint8 uuid[VIRTCPU_UUID_BYTES],
          VirtCpuPeerAnswer *answer, GError **error)
{
    virDomainPtr domain = calls->look_up(connection, uuid);
    int state = VIRTCPU_DOMAIN_NOSTATE;
    int reason = 0;

    *answer = VIRTCPU_PEER_HAS_NONE;
    if (domain != NULL) {
        const gboolean told = calls->get_state(domain, &state, &reason, 0) == 0;

        calls->free_domain(domain);
        if (told) {
            *answer = judge(state, reason);
            return TRUE;
        }
    }
    if (calls->last_error() != NULL && calls->last_error()->code == VIR_ERR_NO_DOMAIN) {
        return TRUE;
    }
    set_failure(calls, error);
    return FALSE;
}

gboolean
virtcpu_migrate_peer_ask(const char *daemon, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         VirtCpuPeerAnswer *answer, GError **error)
{
    Calls calls = { 0 };
    virConnectPtr connection;
    gboolean told;

    if (!load(&calls, error)) {
        return FALSE;
    }
    connection = connect_to(&calls, daemon, error);
    if (connection == NULL) {
        return FALSE;
    }
    told = ask_state(&calls, connection, uuid, answer, error);
    calls.close(connection);
    return told;
}
