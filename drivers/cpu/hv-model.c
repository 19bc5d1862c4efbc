/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/cpu.h"

static void
blockers_free(char **blockers)
{
    for (char **name = blockers; name != NULL && *name != NULL; name++) {
        g_ref_string_release(*name);
    }
    g_free(blockers);
}

void
virtcpu_hv_model_free(VirtCpuHvModel *model)
{
    if (model == NULL) {
        return;
    }
    g_free(model->name);
    blockers_free(model->blockers);
    g_free(model->type);
    g_free(model->canonical);
    g_free(model);
}

/* QEMU leaves the member out when it cannot tell, as it does without an accelerator that has a say.
 */
static void
read_blockers(VirtCpuHvModel *model, const VirtCpuJson *blockers)
{
    gsize n = virtcpu_json_size(blockers);

    if (virtcpu_json_kind(blockers) != VIRTCPU_JSON_ARRAY) {
        return;
    }
    model->usable = n == 0 ? VIRTCPU_TRISTATE_YES : VIRTCPU_TRISTATE_NO;
    if (n == 0) {
        return;
    }
    model->blockers = g_new0(char *, n + 1);
    for (gsize i = 0, kept = 0; i < n; i++) {
        const char *name = virtcpu_json_to_string(virtcpu_json_at(blockers, i));

        if (name != NULL) {
            /* the same few hundred names, of every model of every binary */
            model->blockers[kept++] = g_ref_string_new_intern(name);
        }
    }
}

static VirtCpuHvModel *
read_model(const VirtCpuJson *definition)
{
    const char *name = virtcpu_json_get_string(definition, "name");
    VirtCpuHvModel *model;

    if (name == NULL) {
        return NULL;
    }
    model = g_new0(VirtCpuHvModel, 1);
    model->name = g_strdup(name);
    model->type = g_strdup(virtcpu_json_get_string(definition, "typename"));
    model->canonical = g_strdup(virtcpu_json_get_string(definition, "alias-of"));
    model->deprecated = virtcpu_json_get_bool(definition, "deprecated", FALSE);
    model->is_static = virtcpu_json_get_bool(definition, "static", FALSE);
    if (virtcpu_json_kind(virtcpu_json_get(definition, "migration-safe")) == VIRTCPU_JSON_BOOL) {
        model->migration_safe = virtcpu_json_get_bool(definition, "migration-safe", FALSE)
                                    ? VIRTCPU_TRISTATE_YES
                                    : VIRTCPU_TRISTATE_NO;
    }
    read_blockers(model, virtcpu_json_get(definition, "unavailable-features"));
    return model;
}

GPtrArray *
virtcpu_hv_models_from_json(const VirtCpuJson *definitions, GError **error)
{
    g_autoptr(GPtrArray) models =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);

    if (virtcpu_json_kind(definitions) != VIRTCPU_JSON_ARRAY) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's reply to query-cpu-definitions is no array"));
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(definitions); i++) {
        VirtCpuHvModel *model = read_model(virtcpu_json_at(definitions, i));

        if (model == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("QEMU's reply to query-cpu-definitions has no name in entry %zu"),
                              i);
            return NULL;
        }
        g_ptr_array_add(models, model);
    }
    return g_steal_pointer(&models);
}
