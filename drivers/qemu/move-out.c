/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/move-out.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/move-priv.h"

/* A cancelled stream ends when QEMU's thread has noticed; a link that carries nothing can hold that
 * until TCP gives it up, after half a minute. */
#define CANCEL_WAIT_MS 45000

/* The run states of a QEMU whose guest has not run since its stream ended, or began to. */
#define ENDED  "postmigrate"
#define ENDING "finish-migrate"

static gboolean
set_aborted(VirtCpuDomain *domain, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED, _("%s: canceled by client"),
                      virtcpu_operation_to_title(domain->operation.kind));
    return FALSE;
}

/* TRUE when the guest has not run since; not being told is FALSE. */
static gboolean
has_not_run_since(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    const char *word;

    if (!virtcpu_domain_execute(domain, "query-status", NULL, &reply, NULL)) {
        return FALSE;
    }
    word = virtcpu_json_get_string(reply, "status");
    return g_strcmp0(word, ENDED) == 0 || g_strcmp0(word, ENDING) == 0;
}

/* QEMU did not begin, and said @reason (transfer full). */
static gboolean
set_refusal(VirtCpuDomain *domain, GError *reason, GError **error)
{
    if (!has_not_run_since(domain)) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                      _("%s: QEMU has written or sent the state of this paused guest already, and "
                        "does so again only when the guest has run since: resume it, then suspend "
                        "it again if it is to stay paused (%s)"),
                      virtcpu_operation_to_title(domain->operation.kind), reason->message);
    g_error_free(reason);
    return FALSE;
}

gboolean
virtcpu_move_out_begin(VirtCpuDomain *domain, const VirtCpuMoveOut *out, GError **error)
{
    GError *reason = NULL;

    if (virtcpu_domain_operation_is_aborted(domain)) {
        return set_aborted(domain, error);
    }
    return virtcpu_move_set_capabilities(domain, out->capabilities, error) &&
           virtcpu_move_set_parameters(domain, out->parameters, error) &&
           (virtcpu_move_start(domain, "migrate", out->arguments, out->fd, out->uri, &reason) ||
            set_refusal(domain, reason, error));
}

/* The stream has ended otherwise than was waited for. */
static gboolean
set_end(VirtCpuDomain *domain, VirtCpuMoveStatus end, GError **error)
{
    g_autofree char *words = NULL;

    /* one that is cancelled may fail first, as its connection is closed under it */
    if (end == VIRTCPU_MOVE_CANCELLED || virtcpu_domain_operation_is_aborted(domain)) {
        return set_aborted(domain, error);
    }
    words = virtcpu_move_describe_failure(domain);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("%s: %s"),
                      virtcpu_operation_to_title(domain->operation.kind), words);
    return FALSE;
}

gboolean
virtcpu_move_out_wait(VirtCpuDomain *domain, VirtCpuMoveStatus status, GError **error)
{
    VirtCpuMoveStatus now;

    if (!virtcpu_move_wait(domain, status, 0, error)) {
        return FALSE;
    }
    now = virtcpu_move_get_status(domain);
    return now == status || now == VIRTCPU_MOVE_COMPLETED ||
           (status == VIRTCPU_MOVE_POSTCOPY && virtcpu_move_status_is_postcopy(now)) ||
           set_end(domain, now, error);
}

gboolean
virtcpu_move_out(VirtCpuDomain *domain, const VirtCpuMoveOut *out, GError **error)
{
    return virtcpu_move_out_begin(domain, out, error) &&
           virtcpu_move_out_wait(domain, VIRTCPU_MOVE_COMPLETED, error);
}

gboolean
virtcpu_move_out_ask(VirtCpuDomain *domain, VirtCpuMoveStatus *status, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    const char *word;

    g_mutex_lock(&domain->lock);
    domain->run->move = VIRTCPU_MOVE_NONE;
    g_mutex_unlock(&domain->lock);
    if (!virtcpu_domain_execute(domain, "query-migrate", NULL, &reply, error)) {
        return FALSE;
    }
    word = virtcpu_json_get_string(reply, "status");
    g_mutex_lock(&domain->lock);
    if (word && domain->run->move == VIRTCPU_MOVE_NONE) {
        domain->run->move = virtcpu_move_status_from_word(word);
    }
    *status = domain->run->move;
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

gboolean
virtcpu_move_out_is_complete(VirtCpuDomain *domain)
{
    VirtCpuMoveStatus now;

    return virtcpu_move_out_ask(domain, &now, NULL) && now == VIRTCPU_MOVE_COMPLETED &&
           has_not_run_since(domain);
}

gboolean
virtcpu_move_cancel(VirtCpuDomain *domain, GError **error)
{
    VirtCpuMoveStatus now;

    if (!virtcpu_move_set_capabilities(domain, NULL, NULL)) {
        /* refused while a stream is under way: then it is on already */
        g_debug("The stream of domain '%s' is under way", domain->name);
    }
    if (!virtcpu_move_out_ask(domain, &now, error)) {
        return FALSE;
    }
    return now == VIRTCPU_MOVE_NONE || virtcpu_move_status_is_final(now) ||
           (virtcpu_domain_execute(domain, "migrate_cancel", NULL, NULL, error) &&
            virtcpu_move_wait(domain, VIRTCPU_MOVE_CANCELLED, CANCEL_WAIT_MS, error));
}

void
virtcpu_move_out_undo(VirtCpuDomain *domain, int reason)
{
    g_autoptr(GError) error = NULL;

    if (domain->run && !virtcpu_move_cancel(domain, &error)) {
        g_warning("The stream of domain '%s' cannot be cancelled: %s", domain->name,
                  error->message);
    }
    virtcpu_domain_go_on(domain, reason);
    virtcpu_domain_operation_forget(domain);
}
