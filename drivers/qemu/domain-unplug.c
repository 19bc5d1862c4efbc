/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-unplug.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-vcpu-plug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/plug-steps.h"

/* Where QEMU has the devices that have an id. */
#define PERIPHERAL_PATH "/machine/peripheral"

/* What became of a device that somebody waits for; by alias in VirtCpuDomainRun.unplugs. */
typedef enum {
    UNPLUG_WAITED_FOR = 1, /* no entry has no value */
    UNPLUG_GONE,
    UNPLUG_KEPT,
} UnplugState;

/* Under the lock. */
static UnplugState
unplug_state(const VirtCpuDomainRun *run, const char *alias)
{
    return run->unplugs != NULL
               ? (UnplugState)GPOINTER_TO_INT(g_hash_table_lookup(run->unplugs, alias))
               : 0;
}

static void
begin_waiting(VirtCpuDomain *domain, const char *alias)
{
    VirtCpuDomainRun *run = domain->run;

    g_mutex_lock(&domain->lock);
    if (run->unplugs == NULL) {
        run->unplugs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    g_hash_table_replace(run->unplugs, g_strdup(alias), GINT_TO_POINTER(UNPLUG_WAITED_FOR));
    g_mutex_unlock(&domain->lock);
}

/* Wait for news of @alias, which nobody waits for any more afterwards. */
static UnplugState
end_waiting(VirtCpuDomain *domain, const char *alias, unsigned wait_ms)
{
    const gint64 deadline = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    VirtCpuDomainRun *run = domain->run;
    UnplugState state;

    g_mutex_lock(&domain->lock);
    while (unplug_state(run, alias) == UNPLUG_WAITED_FOR && !run->monitor_gone &&
           g_cond_wait_until(&domain->changed, &domain->lock, deadline)) {
        ;
    }
    state = unplug_state(run, alias);
    g_hash_table_remove(run->unplugs, alias);
    g_mutex_unlock(&domain->lock);
    return state;
}

static gboolean
ask_guest(VirtCpuDomain *domain, const char *alias, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    VirtCpuQmpCall call = { .command = "device_del", .arguments = arguments };
    gboolean sent;

    virtcpu_json_set_string(arguments, "id", alias);
    sent = virtcpu_qmp_execute_many(domain->run->qmp, &call, 1, domain->driver->monitor_timeout_ms,
                                    error);
    if (sent && call.error_class == VIRTCPU_QMP_CLASS_DEVICE_NOT_FOUND) {
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING, _("device %s not found"), alias);
        sent = FALSE;
    } else if (sent && call.error != NULL) {
        g_propagate_error(error, g_steal_pointer(&call.error));
        sent = FALSE;
    }
    virtcpu_qmp_call_clear(&call);
    return sent;
}

gboolean
virtcpu_domain_unplug(VirtCpuDomain *domain, const char *alias, unsigned wait_ms, gboolean *gone,
                      GError **error)
{
    gboolean asked;
    UnplugState state;

    begin_waiting(domain, alias);
    asked = ask_guest(domain, alias, error);
    state = end_waiting(domain, alias, asked ? wait_ms : 0);
    *gone = state == UNPLUG_GONE;
    if (asked && state == UNPLUG_KEPT) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("unplug of device was rejected by the guest: '%s'"), alias);
        return FALSE;
    }
    return asked;
}

/* What stood behind @device on QEMU's side goes, too. */
static void
undo_rest(VirtCpuDomain *domain, const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = virtcpu_domain_caps(domain->driver, def, &error);
    const VirtCpuArgsInput input = { .def = def, .caps = caps };
    g_autoptr(GPtrArray) steps = caps != NULL ? virtcpu_args_plug(&input, device, &error) : NULL;

    if (steps == NULL) {
        g_message("What was behind device '%s' of domain '%s' stays: %s", device->alias,
                  domain->name, error->message);
        return;
    }
    virtcpu_plug_steps_undo(steps, steps->len - 1, domain->run->qmp,
                            domain->driver->monitor_timeout_ms);
}

static VirtCpuDomainDef *
copy_live(VirtCpuDomain *domain)
{
    VirtCpuDomainDef *copy;

    g_mutex_lock(&domain->lock);
    copy = virtcpu_domain_def_copy(domain->live);
    g_mutex_unlock(&domain->lock);
    return copy;
}

/* FALSE when there was no such device. */
static gboolean
take_out(VirtCpuDomain *domain, const char *alias)
{
    g_autoptr(VirtCpuDomainDef) next = copy_live(domain);
    VirtCpuDeviceInfo *device = virtcpu_domain_def_find_alias(next, alias);
    g_autoptr(GError) error = NULL;

    if (device == NULL) {
        return FALSE;
    }
    undo_rest(domain, next, device);
    virtcpu_domain_def_remove(next, device);
    /* should this fail, a later daemon finds the QEMU without the device */
    if (!virtcpu_domain_status_save_as(domain, next, &error)) {
        g_message("Status of domain '%s' still has device '%s': %s", domain->name, alias,
                  error->message);
    }
    virtcpu_domain_set_live(domain, g_steal_pointer(&next));
    return TRUE;
}

void
virtcpu_domain_forget_device(VirtCpuDomain *domain, const char *alias)
{
    if (take_out(domain, alias)) {
        virtcpu_domain_note_device(domain, VIRTCPU_NOTE_DEVICE_REMOVED, alias, 0);
    }
}

/* The next of the devices that went when nobody waited (transfer full), or NULL. */
static char *
next_gone(VirtCpuDomain *domain)
{
    char *alias = NULL;

    g_mutex_lock(&domain->lock);
    if (domain->run != NULL && domain->run->gone != NULL && domain->run->gone->len > 0) {
        alias = g_ptr_array_steal_index(domain->run->gone, 0);
    }
    g_mutex_unlock(&domain->lock);
    return alias;
}

/* A long operation may be looking at what runs: it is waited for. */
static gboolean
wait_for_job(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    while (!virtcpu_domain_job_begin(domain, &error)) {
        if (g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN)) {
            return FALSE;
        }
        g_message("Devices that left domain '%s' are still shown: %s", domain->name,
                  error->message);
        g_clear_error(&error);
    }
    return TRUE;
}

static void
forget_gone(VirtCpuDomain *domain)
{
    if (!wait_for_job(domain)) {
        return;
    }
    for (char *alias = next_gone(domain); alias != NULL; alias = next_gone(domain)) {
        if (!virtcpu_domain_forget_vcpu(domain, alias)) {
            virtcpu_domain_forget_device(domain, alias);
        }
        g_free(alias);
    }
    virtcpu_domain_job_end(domain);
}

/* Put @state where somebody waits for @alias; FALSE when nobody does. */
static gboolean
tell_waiting(VirtCpuDomain *domain, const char *alias, UnplugState state)
{
    VirtCpuDomainRun *run = domain->run;
    const gboolean waiting = unplug_state(run, alias) != 0;

    if (waiting) {
        g_hash_table_replace(run->unplugs, g_strdup(alias), GINT_TO_POINTER(state));
        g_cond_broadcast(&domain->changed);
    }
    return waiting;
}

void
virtcpu_domain_on_device_gone(VirtCpuDomain *domain, const char *alias)
{
    gboolean waiting = TRUE;

    g_mutex_lock(&domain->lock);
    if (domain->run != NULL) {
        waiting = tell_waiting(domain, alias, UNPLUG_GONE);
        if (!waiting && domain->run->gone == NULL) {
            domain->run->gone = g_ptr_array_new_with_free_func(g_free);
        }
        if (!waiting) {
            g_ptr_array_add(domain->run->gone, g_strdup(alias));
        }
    }
    g_mutex_unlock(&domain->lock);
    if (!waiting) {
        virtcpu_driver_queue(domain->driver, forget_gone, domain);
    }
}

void
virtcpu_domain_on_device_kept(VirtCpuDomain *domain, const char *alias)
{
    g_mutex_lock(&domain->lock);
    if (domain->run != NULL) {
        (void)tell_waiting(domain, alias, UNPLUG_KEPT);
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_note_device(domain, VIRTCPU_NOTE_DEVICE_REMOVAL_FAILED, alias, 0);
}

/* TRUE when @device can have left, and would be known to QEMU by its alias. */
static gboolean
can_leave(const VirtCpuDeviceInfo *device)
{
    gconstpointer any = device;

    switch (device->kind) {
    case VIRTCPU_DEVICE_DISK:
    case VIRTCPU_DEVICE_NET:
    case VIRTCPU_DEVICE_CHANNEL:
    case VIRTCPU_DEVICE_RNG:
        return device->alias != NULL;
    case VIRTCPU_DEVICE_CONTROLLER:
        return ((const VirtCpuControllerDef *)any)->type == VIRTCPU_CONTROLLER_SCSI;
    case VIRTCPU_DEVICE_CONSOLE:
        return g_strcmp0(((const VirtCpuChardevDef *)any)->target_type, "virtio") == 0;
    case VIRTCPU_DEVICE_INPUT:
        return g_strcmp0(((const VirtCpuInputDef *)any)->bus, "ps2") != 0;
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_LAST:
    default:
        return FALSE;
    }
}

typedef struct {
    GHashTable *present; /* names of QEMU's devices */
    GPtrArray *missing;  /* aliases that are not among them */
} Reconciliation;

static gboolean
note_missing(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    Reconciliation *reconciliation = data;

    if (can_leave(device) && !g_hash_table_contains(reconciliation->present, device->alias)) {
        g_ptr_array_add(reconciliation->missing, g_strdup(device->alias));
    }
    return TRUE;
}

/* The names of all devices that QEMU has (transfer full). */
static GHashTable *
ask_present(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;
    GHashTable *present;

    virtcpu_json_set_string(arguments, "path", PERIPHERAL_PATH);
    if (!virtcpu_domain_execute(domain, "qom-list", arguments, &reply, error)) {
        return NULL;
    }
    present = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(reply, i), "name");

        if (name != NULL) {
            g_hash_table_add(present, g_strdup(name));
        }
    }
    return present;
}

void
virtcpu_domain_reconcile_devices(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuDomainDef) live = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) present = ask_present(domain, &error);
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    Reconciliation reconciliation = { .present = present, .missing = missing };

    /* an older daemon did not record them */
    g_mutex_lock(&domain->lock);
    virtcpu_args_number_nodes(domain->live);
    g_mutex_unlock(&domain->lock);
    live = copy_live(domain);
    if (present == NULL || !virtcpu_domain_def_visit(live, note_missing, &reconciliation, &error)) {
        g_message("The devices of domain '%s' are shown as they were: %s", domain->name,
                  error->message);
        return;
    }
    for (guint i = 0; i < missing->len; i++) {
        g_message("Domain '%s' no longer has device '%s'", domain->name,
                  (const char *)g_ptr_array_index(missing, i));
        virtcpu_domain_forget_device(domain, g_ptr_array_index(missing, i));
    }
}
