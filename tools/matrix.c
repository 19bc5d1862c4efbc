/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/matrix.h"

#include "conf/i18n.h"

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

/* A QEMU's models all have the same properties, only their values differ; guests do not see the
 * same registers: one that is not there is 0. */
static void
print_difference(const VirtCpuJson *base, const VirtCpuJson *props)
{
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const char *name = virtcpu_json_key_at(props, i);
        const VirtCpuJson *value = virtcpu_json_at(props, i);

        if (!virtcpu_json_equal(virtcpu_json_get(base, name), value)) {
            print_value(name, value);
        }
    }
    for (gsize i = 0; i < virtcpu_json_size(base); i++) {
        const char *name = virtcpu_json_key_at(base, i);

        if (virtcpu_json_get(props, name) == NULL) {
            g_print(" %s=0", name);
        }
    }
}

static void
print_machines(const VirtCpuJson *machines)
{
    g_print(" ");
    for (gsize i = 0; i < virtcpu_json_size(machines); i++) {
        g_print(" %s", virtcpu_json_to_string(virtcpu_json_at(machines, i)));
    }
    g_print("\n   ");
}

static void
print_model(const VirtCpuJson *model)
{
    const VirtCpuJson *groups = virtcpu_json_get(model, "groups");
    const VirtCpuJson *base = NULL;

    g_print("%s\n", virtcpu_json_get_string(model, "name"));
    for (gsize i = 0; i < virtcpu_json_size(groups); i++) {
        const VirtCpuJson *group = virtcpu_json_at(groups, i);
        const VirtCpuJson *props = virtcpu_json_get(group, "props");
        const char *refusal = virtcpu_json_get_string(group, "refusal");

        print_machines(virtcpu_json_get(group, "machines"));
        if (props == NULL) {
            g_print(" %s\n", refusal != NULL ? refusal : "");
            continue;
        }
        if (base == NULL) {
            print_props(props);
            base = props;
        } else {
            print_difference(base, props);
        }
        g_print("\n");
    }
}

void
tool_matrix_print(const VirtCpuJson *models)
{
    for (gsize i = 0; i < virtcpu_json_size(models); i++) {
        const VirtCpuJson *model = virtcpu_json_at(models, i);

        if (virtcpu_json_size(virtcpu_json_get(model, "groups")) > 0) {
            print_model(model);
        }
    }
}

void
tool_matrix_print_progress(const char *machine, guint done, guint total, gboolean failed)
{
    if (failed) {
        g_printerr(_("%u of %u: %s cannot be asked"), done, total, machine);
    } else {
        g_printerr("%u/%u %s", done, total, machine);
    }
    g_printerr("\n");
}
