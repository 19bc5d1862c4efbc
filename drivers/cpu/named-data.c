/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/named-data.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/named-cpu.h"

typedef struct {
    VirtCpuData parent;
    VirtCpuDef *def; /* guest kind: model and features */
} NamedData;

static const VirtCpuDef *
get_def(const VirtCpuData *data)
{
    return ((const NamedData *)data)->def;
}

static VirtCpuData *
new_data(const VirtCpuArchOps *ops, VirtCpuArch arch, VirtCpuDef *def)
{
    NamedData *data = g_new0(NamedData, 1);

    data->parent.ops = ops;
    data->parent.arch = arch;
    data->def = def;
    return &data->parent;
}

VirtCpuData *
named_data_from_expansion(const VirtCpuArchOps *ops, VirtCpuArch arch, const VirtCpuJson *model,
                          GError **error)
{
    const char *name = virtcpu_json_get_string(model, "name");
    const VirtCpuJson *props = virtcpu_json_get(model, "props");
    VirtCpuDef *def;

    if (name == NULL || virtcpu_json_kind(props) != VIRTCPU_JSON_OBJECT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's CPU model has no string 'name' or no object 'props'"));
        return NULL;
    }
    def = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    def->model = g_strdup(name);
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const VirtCpuJson *value = virtcpu_json_at(props, i);

        if (virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
            virtcpu_def_set_feature(def, virtcpu_json_key_at(props, i),
                                    virtcpu_json_is_true(value) ? VIRTCPU_POLICY_REQUIRE
                                                                : VIRTCPU_POLICY_DISABLE);
        }
    }
    return new_data(ops, arch, def);
}

void
named_data_free(VirtCpuData *data)
{
    virtcpu_def_free(((NamedData *)data)->def);
    g_free(data);
}

VirtCpuData *
named_data_copy(const VirtCpuData *data)
{
    return new_data(data->ops, data->arch, virtcpu_def_copy(get_def(data)));
}

gboolean
named_data_has_feature(const VirtCpuData *data, const char *name)
{
    const VirtCpuDefFeature *feature = virtcpu_def_find_feature(get_def(data), name);

    return feature != NULL && feature->policy == VIRTCPU_POLICY_REQUIRE;
}

VirtCpuDef *
named_data_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options, GError **error)
{
    const char *model = get_def(data)->model;
    VirtCpuDef *def;

    if (!named_cpu_model_is_allowed(options->hv_models, options->models, model, error)) {
        return NULL;
    }
    def = virtcpu_def_copy(get_def(data));
    def->type = options->type;
    if (options->type == VIRTCPU_DEF_HOST) {
        def->arch = data->arch;
    } else {
        def->has_match = TRUE;
        def->has_fallback = TRUE;
    }
    return def;
}
