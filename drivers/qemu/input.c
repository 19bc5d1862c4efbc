/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/input.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/keys.h"

#define AGENT_PORT "org.qemu.guest_agent.0"

/* One command for a running domain. */
static gboolean
execute(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], const char *command,
        const VirtCpuJson *arguments, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_job(driver, uuid, error);
    gboolean done;

    if (!domain) {
        return FALSE;
    }
    done = virtcpu_domain_execute(domain, command, arguments, NULL, error);
    virtcpu_driver_end_job(domain);
    return done;
}

/* The keys as QMP has them (transfer full), or NULL with @error set. */
static VirtCpuJson *
make_keys(unsigned codeset, const unsigned *keys, gsize count, GError **error)
{
    g_autoptr(VirtCpuJson) list = virtcpu_json_new_array();

    for (gsize i = 0; i < count; i++) {
        VirtCpuJson *key = virtcpu_json_append(list, virtcpu_json_new_object());
        unsigned number;

        if (!virtcpu_key_translate(codeset, keys[i], &number)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("cannot translate keycode %u of %s codeset to qnum keycode"),
                              keys[i], virtcpu_key_set_to_string(codeset));
            return NULL;
        }
        virtcpu_json_set_string(key, "type", "number");
        virtcpu_json_set_int(key, "data", number);
    }
    return g_steal_pointer(&list);
}

gboolean
virtcpu_driver_send_keys(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         unsigned codeset, unsigned hold_ms, const unsigned *keys, gsize count,
                         GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    VirtCpuJson *list;

    if (virtcpu_key_set_to_string(codeset) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Unsupported codeset %u"), codeset);
        return FALSE;
    }
    list = make_keys(codeset, keys, count, error);
    if (list == NULL) {
        return FALSE;
    }
    virtcpu_json_set(arguments, "keys", list);
    if (hold_ms > 0) {
        virtcpu_json_set_int(arguments, "hold-time", hold_ms);
    }
    return execute(driver, uuid, "send-key", arguments, error);
}

gboolean
virtcpu_driver_inject_nmi(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          GError **error)
{
    return execute(driver, uuid, "inject-nmi", NULL, error);
}

gboolean
virtcpu_driver_wake_up(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    return execute(driver, uuid, "system_wakeup", NULL, error);
}

static gboolean
has_agent_port(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    for (guint i = 0; domain->live && i < domain->live->channels->len; i++) {
        const VirtCpuChardevDef *channel = g_ptr_array_index(domain->live->channels, i);

        if (g_strcmp0(channel->target_name, AGENT_PORT) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Nobody in a paused guest could answer either. */
static gboolean
vcpus_run(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->state == VIRTCPU_DOMAIN_RUNNING;
}

void
virtcpu_driver_refuse_agent(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    if (!domain) {
        return;
    }
    if (!vcpus_run(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    } else if (has_agent_port(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_AGENT_UNRESPONSIVE,
                          _("QEMU guest agent is not connected: virtcpud does not talk to it"));
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("QEMU guest agent is not configured"));
    }
}
