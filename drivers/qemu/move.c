/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/move-priv.h"

/* What QEMU calls the descriptor it was given. */
#define FD_NAME "virtcpu-stream"
#define FD_URI  "fd:" FD_NAME

/* What some stream may have on, by the names of QEMU >= 4.0. An earlier stream that did not get to
 * its end leaves on what was on for it. */
static const char *const known_capabilities[] = {
    "auto-converge", "late-block-activate", "multifd", "pause-before-switchover",
    "postcopy-ram",  "return-path",         "xbzrle",
};

static void
add_capability(VirtCpuJson *list, const char *name, gboolean state)
{
    VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

    virtcpu_json_set_string(entry, "capability", name);
    virtcpu_json_set_bool(entry, "state", state);
}

gboolean
virtcpu_move_set_capabilities(VirtCpuDomain *domain, const VirtCpuJson *capabilities,
                              GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    VirtCpuJson *list = virtcpu_json_set(arguments, "capabilities", virtcpu_json_new_array());

    add_capability(list, "events", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(known_capabilities); i++) {
        add_capability(list, known_capabilities[i],
                       virtcpu_json_get_bool(capabilities, known_capabilities[i], FALSE));
    }
    return virtcpu_domain_execute(domain, "migrate-set-capabilities", arguments, NULL, error);
}

gboolean
virtcpu_move_set_parameters(VirtCpuDomain *domain, const VirtCpuJson *parameters, GError **error)
{
    return !parameters ||
           virtcpu_domain_execute(domain, "migrate-set-parameters", parameters, NULL, error);
}

gboolean
virtcpu_move_start(VirtCpuDomain *domain, const char *command, const VirtCpuJson *arguments, int fd,
                   const char *uri, GError **error)
{
    g_autoptr(VirtCpuJson) all =
        arguments ? virtcpu_json_copy(arguments) : virtcpu_json_new_object();

    g_mutex_lock(&domain->lock);
    domain->run->move = VIRTCPU_MOVE_NONE;
    g_mutex_unlock(&domain->lock);
    if (fd >= 0 && !virtcpu_domain_give_fd(domain, FD_NAME, fd, error)) {
        return FALSE;
    }
    virtcpu_json_set_string(all, "uri", fd >= 0 ? FD_URI : uri);
    if (!virtcpu_domain_execute(domain, command, all, NULL, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    if (domain->run->move == VIRTCPU_MOVE_NONE) {
        domain->run->move = VIRTCPU_MOVE_SETUP; /* its event is on the way */
    }
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* Under the domain's lock; @user_data is the status waited for. */
static gboolean
has_come(VirtCpuDomain *domain, gpointer user_data)
{
    VirtCpuMoveStatus wanted = (VirtCpuMoveStatus)GPOINTER_TO_INT(user_data);

    /* the last words of a QEMU that is being destroyed are no news */
    return domain->run && !domain->run->destroying &&
           (domain->run->move == wanted || virtcpu_move_status_is_final(domain->run->move));
}

gboolean
virtcpu_move_wait(VirtCpuDomain *domain, VirtCpuMoveStatus status, unsigned timeout_ms,
                  GError **error)
{
    return virtcpu_domain_operation_wait(domain, has_come, GINT_TO_POINTER((int)status), timeout_ms,
                                         error);
}

VirtCpuMoveStatus
virtcpu_move_get_status(VirtCpuDomain *domain)
{
    VirtCpuMoveStatus status;

    g_mutex_lock(&domain->lock);
    status = domain->run ? domain->run->move : VIRTCPU_MOVE_FAILED;
    g_mutex_unlock(&domain->lock);
    return status;
}

char *
virtcpu_move_describe_failure(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    g_autoptr(GError) error = NULL;
    const char *words;

    if (!virtcpu_domain_execute(domain, "query-migrate", NULL, &reply, &error)) {
        return g_strdup(error->message);
    }
    words = virtcpu_json_get_string(reply, "error-desc");
    return g_strdup(words ? words : _("unexpectedly failed"));
}
