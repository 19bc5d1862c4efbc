/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The I/O threads of a domain, which serve its disks: added, taken away, set. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/thread-tune.h"

static gboolean
add_thread(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const unsigned number = *(const unsigned *)data;
    const VirtCpuThreadTune *next = virtcpu_tune_find_iothread(&change->next_live->tune, number);
    /* one that comes back is as it was */
    g_autoptr(VirtCpuJson) arguments = virtcpu_args_iothread(
        next != NULL ? next : virtcpu_tune_find_iothread(&change->domain->live->tune, number));

    return virtcpu_domain_execute(change->domain, "object-add", arguments, NULL, error);
}

static gboolean
delete_thread(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    g_autofree char *name = virtcpu_args_iothread_name(*(const unsigned *)data);
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "id", name);
    return virtcpu_domain_execute(change->domain, "object-del", arguments, NULL, error);
}

static gboolean
refuse_zero(GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("invalid value of 0 for iothread_id"));
    return FALSE;
}

static gboolean
add_to(VirtCpuDomainDef *def, unsigned number, GError **error)
{
    if (number == 0) {
        return refuse_zero(error);
    }
    if (virtcpu_tune_find_iothread(&def->tune, number) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("an IOThread is already using iothread_id '%u'"), number);
        return FALSE;
    }
    virtcpu_tune_add_iothread(&def->tune, number);
    return TRUE;
}

static gboolean
delete_from(VirtCpuDomainDef *def, unsigned number, GError **error)
{
    if (virtcpu_tune_find_iothread(&def->tune, number) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("cannot find IOThread '%u' in iothreadids list"), number);
        return FALSE;
    }
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->iothread == number) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("cannot remove IOThread %u since it is being used by disk '%s'"),
                              number, disk->target);
            return FALSE;
        }
    }
    virtcpu_tune_remove_iothread(&def->tune, number);
    return TRUE;
}

static gboolean
change_iothreads(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned number,
                 unsigned flags, gboolean add, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    VirtCpuDomainDef *defs[2];

    if (!virtcpu_domain_change_begin(driver, uuid, flags, &change, error)) {
        return FALSE;
    }
    defs[0] = change.next_live;
    defs[1] = change.next_config;
    for (gsize i = 0; i < G_N_ELEMENTS(defs); i++) {
        VirtCpuDomainDef *def = defs[i];

        if (def != NULL && !(add ? add_to(def, number, error) : delete_from(def, number, error))) {
            return FALSE;
        }
    }
    return virtcpu_domain_change_commit(&change, add ? add_thread : delete_thread,
                                        add ? delete_thread : add_thread, &number, error);
}

gboolean
virtcpu_driver_add_iothread(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            unsigned number, unsigned flags, GError **error)
{
    return change_iothreads(driver, uuid, number, flags, TRUE, error);
}

gboolean
virtcpu_driver_delete_iothread(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               unsigned number, unsigned flags, GError **error)
{
    return change_iothreads(driver, uuid, number, flags, FALSE, error);
}

/* By VirtCpuIothreadSetting: libvirt's words and QEMU's. */
static const struct {
    const char *field, *property;
} settings[VIRTCPU_IOTHREAD_SETTINGS] = {
    [VIRTCPU_IOTHREAD_POLL_MAX_NS] = { "poll_max_ns", "poll-max-ns" },
    [VIRTCPU_IOTHREAD_POLL_GROW] = { "poll_grow", "poll-grow" },
    [VIRTCPU_IOTHREAD_POLL_SHRINK] = { "poll_shrink", "poll-shrink" },
    [VIRTCPU_IOTHREAD_POOL_MIN] = { "thread_pool_min", "thread-pool-min" },
    [VIRTCPU_IOTHREAD_POOL_MAX] = { "thread_pool_max", "thread-pool-max" },
};

/* What QEMU takes when nobody says. */
#define USUAL_POOL_MIN 0
#define USUAL_POOL_MAX 64

/* A setting of an I/O thread under way. */
typedef struct {
    unsigned number;
    const VirtCpuIothreadWish *wish;
} Setting;

const char *
virtcpu_iothread_setting_name(VirtCpuIothreadSetting setting)
{
    return settings[setting].field;
}

static gboolean
polls(const VirtCpuIothreadWish *wish)
{
    return wish->given[VIRTCPU_IOTHREAD_POLL_MAX_NS] || wish->given[VIRTCPU_IOTHREAD_POLL_GROW] ||
           wish->given[VIRTCPU_IOTHREAD_POLL_SHRINK];
}

static gboolean
check_range(const VirtCpuIothreadWish *wish, GError **error)
{
    const gint64 min = wish->values[VIRTCPU_IOTHREAD_POOL_MIN];
    const gint64 max = wish->values[VIRTCPU_IOTHREAD_POOL_MAX];

    for (unsigned i = 0; i < VIRTCPU_IOTHREAD_POOL_MIN; i++) {
        if (wish->given[i] && wish->values[i] > G_MAXINT) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("%s (%lld) must be less than or equal to %d"), settings[i].property,
                              (long long)wish->values[i], G_MAXINT);
            return FALSE;
        }
    }
    if (wish->given[VIRTCPU_IOTHREAD_POOL_MIN] && min < -1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("thread_pool_min (%d) must be equal to or greater than -1"), (int)min);
        return FALSE;
    }
    if (wish->given[VIRTCPU_IOTHREAD_POOL_MAX] && (max < -1 || max == 0)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("thread_pool_max (%d) must be a positive number or -1"), (int)max);
        return FALSE;
    }
    return TRUE;
}

/* What runs has numbers: it cannot go back to those of QEMU's choice. */
static gboolean
check_live(const VirtCpuIothreadWish *wish, GError **error)
{
    for (unsigned i = VIRTCPU_IOTHREAD_POOL_MIN; i < VIRTCPU_IOTHREAD_SETTINGS; i++) {
        if (wish->given[i] && wish->values[i] < 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                              _("%s (%d) must be equal to or greater than 0 for live change"),
                              settings[i].field, (int)wish->values[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
set_pool(VirtCpuThreadTune *thread, const VirtCpuIothreadWish *wish, GError **error)
{
    const int min = wish->given[VIRTCPU_IOTHREAD_POOL_MIN]
                        ? (int)wish->values[VIRTCPU_IOTHREAD_POOL_MIN]
                        : thread->pool_min;
    const int max = wish->given[VIRTCPU_IOTHREAD_POOL_MAX]
                        ? (int)wish->values[VIRTCPU_IOTHREAD_POOL_MAX]
                        : thread->pool_max;

    if (min > max) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("thread_pool_min (%d) can't be greater than thread_pool_max (%d)"), min,
                          max);
        return FALSE;
    }
    thread->counted = thread->counted && min < 0 && max < 0;
    thread->pool_min = min;
    thread->pool_max = max;
    return TRUE;
}

/* How an I/O thread polls is no part of a definition. */
static gboolean
set_in(const VirtCpuDomainDef *def, gboolean live, const Setting *setting, GError **error)
{
    VirtCpuThreadTune *thread = virtcpu_tune_find_iothread(&def->tune, setting->number);

    if (thread == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("cannot find IOThread '%u' in iothreadids"), setting->number);
        return FALSE;
    }
    if (!live && polls(setting->wish)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("configuring persistent polling values is not supported"));
        return FALSE;
    }
    return (!live || check_live(setting->wish, error)) && set_pool(thread, setting->wish, error);
}

static gboolean
tell(const VirtCpuDomainChange *change, unsigned number, VirtCpuIothreadSetting setting,
     gint64 value, GError **error)
{
    g_autofree char *name = virtcpu_args_iothread_name(number);
    g_autofree char *path = g_strconcat("/objects/", name, NULL);
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "path", path);
    virtcpu_json_set_string(arguments, "property", settings[setting].property);
    virtcpu_json_set_int(arguments, "value", value);
    return virtcpu_domain_execute(change->domain, "qom-set", arguments, NULL, error);
}

/* At no time is the least more than the most. */
static gboolean
move_pool(const VirtCpuDomainChange *change, const VirtCpuThreadTune *from,
          const VirtCpuThreadTune *to, GError **error)
{
    const int most = from->pool_max >= 0 ? from->pool_max : USUAL_POOL_MAX;
    const int min = to->pool_min >= 0 ? to->pool_min : USUAL_POOL_MIN;
    const int max = to->pool_max >= 0 ? to->pool_max : USUAL_POOL_MAX;

    if (from->pool_min == to->pool_min && from->pool_max == to->pool_max) {
        return TRUE;
    }
    if (min > most) {
        return tell(change, to->number, VIRTCPU_IOTHREAD_POOL_MAX, max, error) &&
               tell(change, to->number, VIRTCPU_IOTHREAD_POOL_MIN, min, error);
    }
    return tell(change, to->number, VIRTCPU_IOTHREAD_POOL_MIN, min, error) &&
           tell(change, to->number, VIRTCPU_IOTHREAD_POOL_MAX, max, error);
}

static gboolean
unset(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const unsigned number = ((const Setting *)data)->number;

    return move_pool(change, virtcpu_tune_find_iothread(&change->next_live->tune, number),
                     virtcpu_tune_find_iothread(&change->domain->live->tune, number), error);
}

static gboolean
set(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Setting *setting = data;
    const unsigned number = setting->number;

    if (!move_pool(change, virtcpu_tune_find_iothread(&change->domain->live->tune, number),
                   virtcpu_tune_find_iothread(&change->next_live->tune, number), error)) {
        return FALSE;
    }
    for (unsigned i = 0; i < VIRTCPU_IOTHREAD_POOL_MIN; i++) {
        if (setting->wish->given[i] &&
            !tell(change, number, (VirtCpuIothreadSetting)i, setting->wish->values[i], error)) {
            if (!unset(change, data, NULL)) {
                g_message("I/O thread %u of domain '%s' is not as it was", number,
                          change->domain->name);
            }
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_driver_set_iothread(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            unsigned number, const VirtCpuIothreadWish *wish, unsigned flags,
                            GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    Setting setting = { .number = number, .wish = wish };

    if (number == 0) {
        return refuse_zero(error);
    }
    return check_range(wish, error) &&
           virtcpu_domain_change_begin(driver, uuid, flags, &change, error) &&
           (change.next_live == NULL || set_in(change.next_live, TRUE, &setting, error)) &&
           (change.next_config == NULL || set_in(change.next_config, FALSE, &setting, error)) &&
           virtcpu_domain_change_commit(&change, set, unset, &setting, error);
}

static GArray *
ask_iothreads(const VirtCpuDomain *domain, GError **error)
{
    g_autoptr(GArray) threads =
        virtcpu_threads_iothreads(domain->run->qmp, domain->driver->monitor_timeout_ms, error);
    GArray *states;

    if (threads == NULL) {
        return NULL;
    }
    states = g_array_new(FALSE, FALSE, sizeof(VirtCpuIothreadState));
    for (guint i = 0; i < threads->len; i++) {
        const VirtCpuThread *thread = &g_array_index(threads, VirtCpuThread, i);
        VirtCpuIothreadState state = { .number = thread->number };

        virtcpu_thread_affinity(thread->thread, state.affinity);
        g_array_append_val(states, state);
    }
    return states;
}

GArray *
virtcpu_driver_iothreads(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    GArray *states;

    if (domain == NULL) {
        return NULL;
    }
    states = ask_iothreads(domain, error);
    virtcpu_driver_end_job(domain);
    return states;
}
