/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-doubts.h"

#include "conf/error.h"
#include "conf/migration-uri.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/migrate-witness.h"

#include <gio/gio.h>
#include <string.h>

/* How long after each other destinations are asked: soon while a link or a daemon may just be
 * coming back, and twice as long each time up to the second. */
#define FIRST_WAIT_US (G_TIME_SPAN_SECOND / 2)
#define LAST_WAIT_US  (15 * G_TIME_SPAN_SECOND)
/* How a question to a witness begins; one to a daemon is its URI. */
#define WITNESS "tcp:"

struct _VirtCpuMigrateDoubts {
    VirtCpuDomainTask settle;
    GMutex lock; /* guards all below */
    GCond changed;
    GPtrArray *domains; /* owned; all that are in doubt, once each */
    gint64 wait_us;
    gboolean closing;
    GThread *thread; /* NULL: nobody was ever in doubt */
};

/* ---- one question ---- */

char *
virtcpu_migrate_doubts_format(const char *place, guint witness, const char *secret,
                              const char *daemon)
{
    g_autoptr(VirtCpuMigrationUri) uri =
        place != NULL ? virtcpu_migration_uri_parse(place, NULL) : NULL;
    g_autofree char *where = NULL;

    if (witness == 0 || secret == NULL || uri == NULL || uri->host == NULL) {
        return g_strdup(daemon);
    }
    uri->port = witness;
    where = virtcpu_migration_uri_format(uri);
    if (strchr(where, ' ') != NULL) {
        return g_strdup(daemon);
    }
    return g_strjoin(" ", where, secret, daemon, NULL);
}

gboolean
virtcpu_migrate_doubts_ask(const char *question, const guint8 uuid[VIRTCPU_UUID_BYTES],
                           VirtCpuPeerAnswer *answer, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(question, " ", 3);
    const guint count = g_strv_length(parts);
    g_autoptr(GError) reason = NULL;

    if (!g_str_has_prefix(question, WITNESS) || count < 2) {
        return virtcpu_migrate_peer_ask(question, uuid, answer, error);
    }
    if (virtcpu_migrate_witness_ask(parts[0], parts[1], uuid, answer, &reason)) {
        return TRUE;
    }
    /* the host is there, and only that port is closed: a firewall's work */
    if (count == 3 && g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
        return virtcpu_migrate_peer_ask(parts[2], uuid, answer, error);
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "%s", reason->message);
    return FALSE;
}

/* ---- again and again ---- */

/* How to ask (transfer full), or NULL when @domain is no longer in doubt, or nobody can be asked.
 */
static char *
take_question(VirtCpuDomain *domain)
{
    char *question;

    g_mutex_lock(&domain->lock);
    question = domain->operation.in_doubt ? g_strdup(domain->operation.path) : NULL;
    g_mutex_unlock(&domain->lock);
    return question;
}

/* TRUE when there is nothing more to be asked about @domain. */
static gboolean
look_again(const VirtCpuMigrateDoubts *doubts, VirtCpuDomain *domain)
{
    g_autofree char *question = take_question(domain);
    VirtCpuPeerAnswer answer;

    if (question == NULL) {
        return TRUE;
    }
    if (!virtcpu_migrate_doubts_ask(question, domain->uuid, &answer, NULL) ||
        answer == VIRTCPU_PEER_HOLDS) {
        return FALSE;
    }
    doubts->settle(domain);
    return TRUE;
}

/* The lock is held, but not while somebody is asked. */
static void
ask_all(VirtCpuMigrateDoubts *doubts)
{
    g_autoptr(GPtrArray) now = g_steal_pointer(&doubts->domains);

    doubts->domains = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_domain_unref);
    for (guint i = 0; i < now->len && !doubts->closing; i++) {
        VirtCpuDomain *domain = g_ptr_array_index(now, i);
        gboolean done;

        g_mutex_unlock(&doubts->lock);
        done = look_again(doubts, domain);
        g_mutex_lock(&doubts->lock);
        if (!done && !g_ptr_array_find(doubts->domains, domain, NULL)) {
            g_ptr_array_add(doubts->domains, virtcpu_domain_ref(domain));
        }
    }
}

static gpointer
run_doubts(gpointer data)
{
    VirtCpuMigrateDoubts *doubts = data;

    g_mutex_lock(&doubts->lock);
    while (!doubts->closing) {
        const gint64 deadline = g_get_monotonic_time() + doubts->wait_us;

        if (doubts->domains->len == 0) {
            g_cond_wait(&doubts->changed, &doubts->lock);
        } else if (!g_cond_wait_until(&doubts->changed, &doubts->lock, deadline)) {
            doubts->wait_us = MIN(2 * doubts->wait_us, LAST_WAIT_US);
            ask_all(doubts);
        }
    }
    g_mutex_unlock(&doubts->lock);
    return NULL;
}

VirtCpuMigrateDoubts *
virtcpu_migrate_doubts_new(VirtCpuDomainTask settle)
{
    VirtCpuMigrateDoubts *doubts = g_new0(VirtCpuMigrateDoubts, 1);

    g_mutex_init(&doubts->lock);
    g_cond_init(&doubts->changed);
    doubts->settle = settle;
    doubts->domains = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_domain_unref);
    return doubts;
}

void
virtcpu_migrate_doubts_stop(VirtCpuMigrateDoubts *doubts)
{
    GThread *thread;

    if (doubts == NULL) {
        return;
    }
    g_mutex_lock(&doubts->lock);
    doubts->closing = TRUE;
    thread = g_steal_pointer(&doubts->thread);
    g_cond_broadcast(&doubts->changed);
    g_mutex_unlock(&doubts->lock);
    if (thread != NULL) {
        g_thread_join(thread);
    }
}

void
virtcpu_migrate_doubts_free(VirtCpuMigrateDoubts *doubts)
{
    if (doubts == NULL) {
        return;
    }
    g_ptr_array_unref(doubts->domains);
    g_cond_clear(&doubts->changed);
    g_mutex_clear(&doubts->lock);
    g_free(doubts);
}

void
virtcpu_migrate_doubts_add(VirtCpuMigrateDoubts *doubts, VirtCpuDomain *domain)
{
    g_mutex_lock(&doubts->lock);
    if (!g_ptr_array_find(doubts->domains, domain, NULL)) {
        g_ptr_array_add(doubts->domains, virtcpu_domain_ref(domain));
    }
    doubts->wait_us = FIRST_WAIT_US;
    if (doubts->thread == NULL && !doubts->closing) {
        doubts->thread = g_thread_new("migrate-doubts", run_doubts, doubts);
    }
    g_cond_broadcast(&doubts->changed);
    g_mutex_unlock(&doubts->lock);
}
