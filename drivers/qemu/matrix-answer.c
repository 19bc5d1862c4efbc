/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/matrix-answer.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* Machine types under which a model has the same content. */
typedef struct {
    int content;         /* its number in the matrix, or VIRTCPU_QEMU_MATRIX_NONE */
    const char *refusal; /* why there is none, or NULL (transfer none) */
    GPtrArray *machines; /* of char * (transfer none) */
} Group;

static void
group_free(gpointer data)
{
    Group *group = data;

    g_ptr_array_unref(group->machines);
    g_free(group);
}

static Group *
get_group(GPtrArray *groups, int content, const char *refusal)
{
    Group *group;

    for (guint i = 0; i < groups->len; i++) {
        group = g_ptr_array_index(groups, i);
        if (group->content == content && group->refusal == refusal) {
            return group;
        }
    }
    group = g_new0(Group, 1);
    group->content = content;
    group->refusal = refusal;
    group->machines = g_ptr_array_new();
    g_ptr_array_add(groups, group);
    return group;
}

static int
compare_groups(gconstpointer a, gconstpointer b)
{
    const Group *const *left = a;
    const Group *const *right = b;

    return (int)(*right)->machines->len - (int)(*left)->machines->len;
}

/* @model under each of @machines that @matrix knows, equal ones together (transfer full). */
static GPtrArray *
fold(const VirtCpuQemuMatrix *matrix, const GPtrArray *machines, const char *model)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);

    for (guint i = 0; i < machines->len; i++) {
        char *machine = g_ptr_array_index(machines, i);

        if (virtcpu_qemu_matrix_knows(matrix, machine, model)) {
            Group *group = get_group(groups, virtcpu_qemu_matrix_cell(matrix, machine, model),
                                     virtcpu_qemu_matrix_refusal(matrix, machine, model));

            g_ptr_array_add(group->machines, machine);
        }
    }
    g_ptr_array_sort(groups, compare_groups);
    return groups;
}

static VirtCpuJson *
model_to_json(const VirtCpuQemuMatrix *matrix, const GPtrArray *machines, const char *model)
{
    g_autoptr(GPtrArray) groups = fold(matrix, machines, model);
    VirtCpuJson *json = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_string(json, "name", model);
    list = virtcpu_json_set(json, "groups", virtcpu_json_new_array());
    for (guint i = 0; i < groups->len; i++) {
        const Group *group = g_ptr_array_index(groups, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());
        VirtCpuJson *names = virtcpu_json_set(entry, "machines", virtcpu_json_new_array());

        for (guint j = 0; j < group->machines->len; j++) {
            virtcpu_json_append(names,
                                virtcpu_json_new_string(g_ptr_array_index(group->machines, j)));
        }
        virtcpu_json_set_string(entry, "refusal", group->refusal);
        if (group->content != VIRTCPU_QEMU_MATRIX_NONE) {
            virtcpu_json_set(entry, "props",
                             virtcpu_qemu_matrix_props(matrix, (guint)group->content));
        }
    }
    return json;
}

/* "pc-i440fx-2.9" comes before "pc-i440fx-2.10". */
static int
compare_versions(gconstpointer a, gconstpointer b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
virtcpu_qemu_matrix_choose(const VirtCpuQemuCaps *caps, const char *const *names, GError **error)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();

    for (guint i = 0; names == NULL && i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = g_ptr_array_index(caps->machines, i);

        g_ptr_array_add(chosen, machine->name);
    }
    for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
        const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(caps, names[i]);

        if (machine == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("the machine '%s' is not supported by emulator '%s'"), names[i],
                              caps->binary);
            return NULL;
        }
        if (!g_ptr_array_find(chosen, machine->name, NULL)) {
            g_ptr_array_add(chosen, machine->name);
        }
    }
    g_ptr_array_sort(chosen, compare_versions);
    return g_steal_pointer(&chosen);
}

static gboolean
ask(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps, const GPtrArray *machines,
    const VirtCpuQemuMatrixWish *wish, GError **error)
{
    g_autofree const char **names = g_new0(const char *, machines->len + 1);

    for (guint i = 0; i < machines->len; i++) {
        names[i] = g_ptr_array_index(machines, i);
    }
    virtcpu_qemu_matrix_store_fill(store, caps, names, wish->func, wish->user_data, wish->cancel);
    if (g_cancellable_is_cancelled(wish->cancel)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED,
                          _("The filling of the matrix was cancelled; what was learnt is kept."));
        return FALSE;
    }
    return TRUE;
}

/* How many of @machines @matrix has; 0 is an error. */
static guint
count_known(const VirtCpuQemuMatrix *matrix, const GPtrArray *machines, GError **error)
{
    guint known = 0;

    for (guint i = 0; i < machines->len; i++) {
        known += virtcpu_qemu_matrix_has(matrix, g_ptr_array_index(machines, i)) ? 1 : 0;
    }
    if (known == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("None of these machine types is known; --fill asks QEMU about all, "
                            "--machine about one."));
    }
    return known;
}

VirtCpuJson *
virtcpu_qemu_matrix_to_document(const VirtCpuQemuMatrix *matrix, const VirtCpuQemuCaps *caps,
                                const GPtrArray *machines, const char *pattern)
{
    VirtCpuJson *list = virtcpu_json_new_array();

    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(caps->models, i);

        if (pattern == NULL || g_pattern_match_simple(pattern, model->name)) {
            virtcpu_json_append(list, model_to_json(matrix, machines, model->name));
        }
    }
    return list;
}

VirtCpuJson *
virtcpu_qemu_matrix_answer(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                           const VirtCpuQemuMatrixWish *wish, guint *known, guint *count,
                           GError **error)
{
    g_autoptr(GPtrArray) machines = virtcpu_qemu_matrix_choose(caps, wish->machines, error);
    g_autoptr(VirtCpuQemuMatrix) matrix = NULL;
    VirtCpuJson *list;
    guint have;

    if (machines == NULL || (wish->ask && !ask(store, caps, machines, wish, error)) ||
        (matrix = virtcpu_qemu_matrix_store_get(store, caps, error)) == NULL ||
        (have = count_known(matrix, machines, error)) == 0) {
        return NULL;
    }
    list = virtcpu_qemu_matrix_to_document(matrix, caps, machines, wish->pattern);
    if (known != NULL) {
        *known = have;
    }
    if (count != NULL) {
        *count = machines->len;
    }
    return list;
}
