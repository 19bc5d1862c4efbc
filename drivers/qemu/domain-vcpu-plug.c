/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-vcpu-plug.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-unplug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/thread-tune.h"
#include "drivers/qemu/verify.h"

#include <string.h>

#define ALIAS_PREFIX    "vcpu"
#define PERIPHERAL_PATH "/machine/peripheral/"
#define UNPLUG_WAIT_MS  5000

/* What QEMU plugs at once: usually one vCPU. */
typedef struct {
    const VirtCpuJson *json; /* of query-hotpluggable-cpus */
    unsigned first, count;   /* numbers of its vCPUs */
} Entity;

/* By these, in this order, QEMU numbers vCPUs. */
static const char *const levels[] = { "drawer-id", "book-id",    "socket-id", "die-id",
                                      "module-id", "cluster-id", "core-id",   "thread-id" };

static int
compare_entities(gconstpointer a, gconstpointer b)
{
    const VirtCpuJson *left = virtcpu_json_get(((const Entity *)a)->json, "props");
    const VirtCpuJson *right = virtcpu_json_get(((const Entity *)b)->json, "props");

    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        gint64 x = 0, y = 0;

        if (virtcpu_json_get_int(left, levels[i], &x) &&
            virtcpu_json_get_int(right, levels[i], &y) && x != y) {
            return x < y ? -1 : 1;
        }
    }
    return 0;
}

/* What QEMU can plug and has plugged, in the order of the vCPUs' numbers; it points into @reply. */
static GArray *
ask_entities(VirtCpuDomain *domain, VirtCpuJson **reply, GError **error)
{
    g_autoptr(GArray) entities = g_array_new(FALSE, FALSE, sizeof(Entity));
    g_autoptr(GError) reason = NULL;
    unsigned next = 0;

    if (!virtcpu_domain_execute(domain, "query-hotpluggable-cpus", NULL, reply, &reason)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("machine type '%s' cannot plug vCPUs while it runs: %s"),
                          domain->live->machine, reason->message);
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(*reply); i++) {
        Entity entity = { .json = virtcpu_json_at(*reply, i) };
        gint64 count;

        if (!virtcpu_json_get_int(entity.json, "vcpus-count", &count) || count < 1 ||
            count > G_MAXUINT16 || virtcpu_json_get_string(entity.json, "type") == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("QEMU's answer to query-hotpluggable-cpus has no type or no "
                                "number"));
            return NULL;
        }
        entity.count = (unsigned)count;
        g_array_append_val(entities, entity);
    }
    g_array_sort(entities, compare_entities);
    for (guint i = 0; i < entities->len; i++) {
        Entity *entity = &g_array_index(entities, Entity, i);

        entity->first = next;
        next += entity->count;
    }
    return g_steal_pointer(&entities);
}

static const char *
entity_path(const Entity *entity)
{
    return virtcpu_json_get_string(entity->json, "qom-path");
}

/* The id of a vCPU that was plugged (transfer none), or NULL: what a guest starts with stays. */
static const char *
entity_alias(const Entity *entity)
{
    const char *path = entity_path(entity);

    return path != NULL && g_str_has_prefix(path, PERIPHERAL_PATH) ? path + strlen(PERIPHERAL_PATH)
                                                                   : NULL;
}

static unsigned
count_plugged(const GArray *entities)
{
    unsigned count = 0;

    for (guint i = 0; i < entities->len; i++) {
        const Entity *entity = &g_array_index(entities, Entity, i);

        count += entity_path(entity) != NULL ? entity->count : 0;
    }
    return count;
}

/* The new one is asked with all others: each has to be like the first, and that as recorded. */
static gboolean
verify(VirtCpuDomain *domain, const VirtCpuDomainDef *def, GError **error)
{
    const VirtCpuVerifyInput input = {
        .qmp = domain->run->qmp,
        .def = def,
        .cpu = def->cpu,
        .timeout_ms = domain->driver->monitor_timeout_ms,
        .host = domain->driver->host,
    };
    VirtCpuDef *live = NULL;
    const gboolean same = virtcpu_verify_run(&input, &live, error);

    virtcpu_def_free(live);
    return same;
}

/* One that is not as promised must not stay. */
static void
take_back(VirtCpuDomain *domain, const char *alias, GError **error)
{
    g_autoptr(GError) reason = NULL;
    gboolean gone = FALSE;

    if (!virtcpu_domain_unplug(domain, alias, UNPLUG_WAIT_MS, &gone, &reason)) {
        g_message("%s", reason->message);
    }
    if (gone) {
        g_prefix_error(error, "%s: ", _("the new vCPU was taken out again"));
    } else {
        g_prefix_error(error, "%s: ",
                       _("the new vCPU is not as promised, and the guest has not given it up yet"));
    }
}

static gboolean
plug(VirtCpuDomain *domain, const VirtCpuDomainDef *def, const Entity *entity, GError **error)
{
    g_autofree char *alias = g_strdup_printf(ALIAS_PREFIX "%u", entity->first);
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    const VirtCpuJson *props = virtcpu_json_get(entity->json, "props");

    virtcpu_json_set_string(arguments, "driver", virtcpu_json_get_string(entity->json, "type"));
    virtcpu_json_set_string(arguments, "id", alias);
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        virtcpu_json_set(arguments, virtcpu_json_key_at(props, i),
                         virtcpu_json_copy(virtcpu_json_at(props, i)));
    }
    if (!virtcpu_domain_execute(domain, "device_add", arguments, NULL, error)) {
        return FALSE;
    }
    if (!verify(domain, def, error)) {
        take_back(domain, alias, error);
        return FALSE;
    }
    return TRUE;
}

static gboolean
refuse_granularity(GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("target vm vcpu granularity does not allow the desired vcpu count"));
    return FALSE;
}

static gboolean
plug_up_to(VirtCpuDomain *domain, const VirtCpuDomainDef *def, const GArray *entities, unsigned now,
           unsigned count, GError **error)
{
    for (guint i = 0; i < entities->len && now < count; i++) {
        const Entity *entity = &g_array_index(entities, Entity, i);

        if (entity_path(entity) != NULL) {
            continue;
        }
        if (now + entity->count > count) {
            return refuse_granularity(error);
        }
        if (!plug(domain, def, entity, error)) {
            return FALSE;
        }
        now += entity->count;
    }
    return now == count || refuse_granularity(error);
}

static gboolean
unplug(VirtCpuDomain *domain, const Entity *entity, GError **error)
{
    gboolean gone = FALSE;

    if (!virtcpu_domain_unplug(domain, entity_alias(entity), UNPLUG_WAIT_MS, &gone, error)) {
        return FALSE;
    }
    if (!gone) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_TIMEOUT,
                          _("vcpu unplug request timed out. Unplug result must be manually "
                            "inspected in the domain"));
    }
    return gone;
}

/* Nothing is unplugged unless all that has to go can be. */
static gboolean
can_unplug_to(const GArray *entities, unsigned now, unsigned count)
{
    for (guint i = entities->len; i > 0 && now > count; i--) {
        const Entity *entity = &g_array_index(entities, Entity, i - 1);

        now -= entity_alias(entity) != NULL ? entity->count : 0;
    }
    return now <= count;
}

static gboolean
unplug_down_to(VirtCpuDomain *domain, const GArray *entities, unsigned now, unsigned count,
               GError **error)
{
    if (!can_unplug_to(entities, now, count)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("failed to find appropriate hotpluggable vcpus to reach the desired "
                            "target vcpu count"));
        return FALSE;
    }
    for (guint i = entities->len; i > 0 && now > count; i--) {
        const Entity *entity = &g_array_index(entities, Entity, i - 1);

        if (entity_alias(entity) == NULL) {
            continue;
        }
        if (now - entity->count < count) {
            return refuse_granularity(error);
        }
        if (!unplug(domain, entity, error)) {
            return FALSE;
        }
        now -= entity->count;
    }
    return TRUE;
}

gboolean
virtcpu_domain_plug_vcpus(VirtCpuDomain *domain, const VirtCpuDomainDef *def, unsigned count,
                          GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    g_autoptr(GArray) entities = ask_entities(domain, &reply, error);
    unsigned now;

    if (entities == NULL) {
        return FALSE;
    }
    now = count_plugged(entities);
    if (count < now) {
        return unplug_down_to(domain, entities, now, count, error);
    }
    return plug_up_to(domain, def, entities, now, count, error) &&
           (count == now || virtcpu_threads_tune(def, domain->run->qmp,
                                                 (int)virtcpu_process_pid(domain->run->process),
                                                 domain->driver->monitor_timeout_ms, error));
}

void
virtcpu_domain_recount_vcpus(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) vcpus =
        virtcpu_threads_vcpus(domain->run->qmp, domain->driver->monitor_timeout_ms, &error);
    gboolean news = FALSE;

    if (vcpus != NULL) {
        g_mutex_lock(&domain->lock);
        news = domain->live->vcpus != vcpus->len && vcpus->len > 0 &&
               vcpus->len <= domain->live->max_vcpus;
        if (news) {
            virtcpu_domain_def_plug_vcpus(domain->live, vcpus->len);
        }
        g_mutex_unlock(&domain->lock);
    }
    if (vcpus == NULL || (news && !virtcpu_domain_status_save(domain, &error))) {
        g_message("The number of vCPUs of domain '%s' may be shown wrong: %s", domain->name,
                  error->message);
    }
}

gboolean
virtcpu_domain_forget_vcpu(VirtCpuDomain *domain, const char *alias)
{
    if (!g_str_has_prefix(alias, ALIAS_PREFIX)) {
        return FALSE;
    }
    virtcpu_domain_recount_vcpus(domain);
    return TRUE;
}
