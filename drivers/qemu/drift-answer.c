/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/drift-answer.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/drift.h"

/* A side with the matrix that belongs to it. */
typedef struct {
    VirtCpuDriftSide side;
    VirtCpuQemuMatrix *matrix;
} Place;

static void
place_clear(Place *place)
{
    virtcpu_qemu_matrix_free(place->matrix);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

/* Why @machine could not be asked, as the first failure says. */
static void
keep_failure(const char *machine, guint done, guint total, const GError *failure,
             gpointer user_data)
{
    GError **kept = user_data;

    if (failure != NULL && *kept == NULL) {
        *kept = g_error_copy(failure);
    }
}

static gboolean
place_init(Place *place, VirtCpuQemuMatrixStore *store, const VirtCpuDriftPlace *wish,
           GCancellable *cancel, GError **error)
{
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(wish->caps, wish->machine);
    const char *names[] = { NULL, NULL };
    GError *failure = NULL;

    place->side.caps = wish->caps;
    if (machine == NULL && (wish->machine != NULL || !wish->recorded)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("the machine '%s' is not supported by emulator '%s'"),
                          wish->machine != NULL ? wish->machine : "", wish->caps->binary);
        return FALSE;
    }
    place->side.machine = machine != NULL ? machine->name : NULL;
    if (wish->recorded) {
        return TRUE;
    }
    names[0] = machine->name;
    virtcpu_qemu_matrix_store_fill(store, wish->caps, names, keep_failure, &failure, cancel);
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    if (g_cancellable_is_cancelled(cancel)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED, _("The comparison was cancelled."));
        return FALSE;
    }
    place->matrix = virtcpu_qemu_matrix_store_get(store, wish->caps, error);
    place->side.matrix = place->matrix;
    return place->matrix != NULL;
}

/* Names of all models of both sides, in their order (transfer container). */
static GPtrArray *
all_models(const VirtCpuQemuCaps *before, const VirtCpuQemuCaps *after)
{
    const VirtCpuQemuCaps *const sides[] = { before, after };
    GPtrArray *names = g_ptr_array_new();

    for (gsize k = 0; k < G_N_ELEMENTS(sides); k++) {
        for (guint i = 0; i < sides[k]->models->len; i++) {
            VirtCpuHvModel *model = g_ptr_array_index(sides[k]->models, i);

            if (k == 0 || virtcpu_qemu_caps_model(before, model->name) == NULL) {
                g_ptr_array_add(names, model->name);
            }
        }
    }
    return names;
}

static gboolean
check_models(const VirtCpuDriftWish *wish, GError **error)
{
    for (gsize i = 0; wish->models != NULL && wish->models[i] != NULL; i++) {
        if (virtcpu_qemu_caps_model(wish->before.caps, wish->models[i]) == NULL &&
            virtcpu_qemu_caps_model(wish->after.caps, wish->models[i]) == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("neither '%s' nor '%s' has a CPU model '%s'"),
                              wish->before.caps->binary, wish->after.caps->binary, wish->models[i]);
            return FALSE;
        }
    }
    if (wish->before.caps->arch != wish->after.caps->arch) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("'%s' runs guests of architecture %s, '%s' of %s: their CPUs cannot be "
                            "compared"),
                          wish->before.caps->binary,
                          virtcpu_arch_to_string(wish->before.caps->arch), wish->after.caps->binary,
                          virtcpu_arch_to_string(wish->after.caps->arch));
        return FALSE;
    }
    return TRUE;
}

static void
add_model(VirtCpuJson *list, const Place *before, const Place *after, const char *model)
{
    g_auto(VirtCpuDriftCpu) left = { 0 };
    g_auto(VirtCpuDriftCpu) right = { 0 };

    virtcpu_drift_cpu_from_model(&before->side, model, &left);
    virtcpu_drift_cpu_from_model(&after->side, model, &right);
    virtcpu_json_append(list, virtcpu_drift_compare(before->side.caps->arch, model, &left, &right));
}

static gboolean
add_def(VirtCpuJson *list, const Place *before, const Place *after, const VirtCpuDomainDef *def,
        GError **error)
{
    g_auto(VirtCpuDriftCpu) left = { 0 };
    g_auto(VirtCpuDriftCpu) right = { 0 };

    if (!virtcpu_drift_cpu_from_def(&before->side, def, &left, error) ||
        !virtcpu_drift_cpu_from_def(&after->side, def, &right, error)) {
        return FALSE;
    }
    virtcpu_json_append(list,
                        virtcpu_drift_compare(before->side.caps->arch, def->name, &left, &right));
    return TRUE;
}

static gboolean
add_cpus(VirtCpuJson *list, const Place *before, const Place *after, const VirtCpuDriftWish *wish,
         GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    for (gsize i = 0; wish->models != NULL && wish->models[i] != NULL; i++) {
        add_model(list, before, after, wish->models[i]);
    }
    if (wish->def != NULL) {
        return add_def(list, before, after, wish->def, error);
    }
    if (wish->models == NULL) {
        all = all_models(before->side.caps, after->side.caps);
        for (guint i = 0; i < all->len; i++) {
            add_model(list, before, after, g_ptr_array_index(all, i));
        }
    }
    return TRUE;
}

static VirtCpuJson *
place_to_json(const Place *place)
{
    const VirtCpuQemuCaps *caps = place->side.caps;
    g_autofree char *version = virtcpu_qemu_caps_version_text(caps);
    VirtCpuJson *out = virtcpu_json_new_object();

    virtcpu_json_set_string(out, "qemu", caps->binary);
    virtcpu_json_set_string(out, "version", version);
    virtcpu_json_set_string(out, "machine", place->matrix != NULL ? place->side.machine : NULL);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(caps->virt_type));
    return out;
}

/* How many of @cpus drift, and how many do not run any more. */
static void
count(const VirtCpuJson *cpus, VirtCpuJson *out)
{
    gint64 drifting = 0;
    gint64 stopped = 0;

    for (gsize i = 0; i < virtcpu_json_size(cpus); i++) {
        const VirtCpuJson *cpu = virtcpu_json_at(cpus, i);
        const VirtCpuJson *runs = virtcpu_json_get(cpu, "runs");

        drifting += virtcpu_json_get_bool(cpu, "drift", FALSE);
        stopped += virtcpu_json_is_true(virtcpu_json_at(runs, 0)) &&
                   virtcpu_json_kind(virtcpu_json_at(runs, 1)) == VIRTCPU_JSON_BOOL &&
                   !virtcpu_json_is_true(virtcpu_json_at(runs, 1));
    }
    virtcpu_json_set_int(out, "drifting", drifting);
    virtcpu_json_set_int(out, "stopped", stopped);
}

VirtCpuJson *
virtcpu_drift_answer(VirtCpuQemuMatrixStore *store, const VirtCpuDriftWish *wish, GError **error)
{
    const gboolean recorded = wish->before.recorded || wish->after.recorded;
    VirtCpuDriftPlace left = wish->before;
    VirtCpuDriftPlace right = wish->after;
    g_auto(Place) before = { 0 };
    g_auto(Place) after = { 0 };
    g_autoptr(VirtCpuJson) out = virtcpu_json_new_object();
    VirtCpuJson *cpus;

    left.recorded = right.recorded = recorded;
    if (!check_models(wish, error) || !place_init(&before, store, &left, wish->cancel, error) ||
        !place_init(&after, store, &right, wish->cancel, error)) {
        return NULL;
    }
    virtcpu_json_set(out, "before", place_to_json(&before));
    virtcpu_json_set(out, "after", place_to_json(&after));
    cpus = virtcpu_json_set(out, "cpus", virtcpu_json_new_array());
    if (!add_cpus(cpus, &before, &after, wish, error)) {
        return NULL;
    }
    count(cpus, out);
    return g_steal_pointer(&out);
}
