/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/matrix.h"

#include "conf/i18n.h"
#include "tools/output.h"

static void
group_free(gpointer data)
{
    ToolMatrixGroup *group = data;

    g_ptr_array_unref(group->machines);
    g_free(group);
}

static ToolMatrixGroup *
find_group(const GPtrArray *groups, int content, const char *refusal)
{
    for (guint i = 0; i < groups->len; i++) {
        ToolMatrixGroup *group = g_ptr_array_index(groups, i);

        if (group->content == content && group->refusal == refusal) {
            return group;
        }
    }
    return NULL;
}

static int
compare_groups(gconstpointer a, gconstpointer b)
{
    const ToolMatrixGroup *const *left = a;
    const ToolMatrixGroup *const *right = b;

    return (int)(*right)->machines->len - (int)(*left)->machines->len;
}

GPtrArray *
tool_matrix_fold(const VirtCpuQemuMatrix *matrix, const char *const *machines, const char *model)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);

    for (gsize i = 0; machines[i] != NULL; i++) {
        int content = virtcpu_qemu_matrix_cell(matrix, machines[i], model);
        const char *refusal = virtcpu_qemu_matrix_refusal(matrix, machines[i], model);
        ToolMatrixGroup *group;

        if (!virtcpu_qemu_matrix_has(matrix, machines[i])) {
            continue;
        }
        group = find_group(groups, content, refusal);
        if (group == NULL) {
            group = g_new0(ToolMatrixGroup, 1);
            group->content = content;
            group->refusal = refusal;
            group->machines = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(groups, group);
        }
        g_ptr_array_add(group->machines, g_strdup(machines[i]));
    }
    g_ptr_array_sort(groups, compare_groups);
    return groups;
}

/* ---- for people ---- */

static void
print_value(const char *name, const VirtCpuJson *value)
{
    if (virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
        g_print(" %c%s", virtcpu_json_is_true(value) ? '+' : '-', name);
    } else {
        g_autofree char *text = virtcpu_json_format(value, FALSE);

        g_print(" %s=%s", name, text);
    }
}

/* What is on, and every value that is not a switch. */
static void
print_props(const VirtCpuJson *props)
{
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const VirtCpuJson *value = virtcpu_json_at(props, i);

        if (virtcpu_json_kind(value) != VIRTCPU_JSON_BOOL || virtcpu_json_is_true(value)) {
            print_value(virtcpu_json_key_at(props, i), value);
        }
    }
}

static gboolean
equal(const VirtCpuJson *a, const VirtCpuJson *b)
{
    g_autofree char *left = virtcpu_json_format(a, FALSE);
    g_autofree char *right = virtcpu_json_format(b, FALSE);

    return g_str_equal(left, right);
}

/* A QEMU's models all have the same properties, only their values differ. */
static void
print_difference(const VirtCpuJson *base, const VirtCpuJson *props)
{
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const char *name = virtcpu_json_key_at(props, i);
        const VirtCpuJson *value = virtcpu_json_at(props, i);

        if (!equal(virtcpu_json_get(base, name), value)) {
            print_value(name, value);
        }
    }
}

void
tool_matrix_print(const VirtCpuQemuMatrix *matrix, const char *model, const GPtrArray *groups)
{
    g_autoptr(VirtCpuJson) base = NULL;

    g_print("%s\n", model);
    for (guint i = 0; i < groups->len; i++) {
        const ToolMatrixGroup *group = g_ptr_array_index(groups, i);
        g_autoptr(VirtCpuJson) props = NULL;

        for (guint j = 0; j < group->machines->len; j++) {
            g_print("%s%s", j == 0 ? "  " : " ",
                    (const char *)g_ptr_array_index(group->machines, j));
        }
        g_print("\n   ");
        if (group->content == VIRTCPU_QEMU_MATRIX_NONE) {
            g_print(" %s\n", group->refusal);
            continue;
        }
        props = virtcpu_qemu_matrix_props(matrix, (guint)group->content);
        if (base == NULL) {
            print_props(props);
            base = g_steal_pointer(&props);
        } else {
            print_difference(base, props);
        }
        g_print("\n");
    }
}

/* ---- for programs ---- */

VirtCpuJson *
tool_matrix_json(const VirtCpuQemuMatrix *matrix, const char *model, const GPtrArray *groups)
{
    VirtCpuJson *json = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_string(json, "name", model);
    list = virtcpu_json_set(json, "groups", virtcpu_json_new_array());
    for (guint i = 0; i < groups->len; i++) {
        const ToolMatrixGroup *group = g_ptr_array_index(groups, i);
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
