/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/chip-map.h"

const ChipModel *
chip_map_find_model(const ChipMap *map, const char *name)
{
    for (gsize i = 0; name != NULL && i < map->n_models; i++) {
        const ChipModel *model = &map->models[i];

        if (g_str_equal(model->name, name) || g_strv_contains(model->legacy, name)) {
            return model;
        }
    }
    return NULL;
}

static gboolean
has_id(const ChipModel *model, guint32 id)
{
    for (gsize i = 0; i < model->n_ids; i++) {
        if ((id & model->ids[i].mask) == model->ids[i].value) {
            return TRUE;
        }
    }
    return FALSE;
}

const ChipModel *
chip_map_find_id(const ChipMap *map, guint32 id)
{
    for (gsize i = 0; i < map->n_models; i++) {
        if (has_id(&map->models[i], id)) {
            return &map->models[i];
        }
    }
    return NULL;
}

gboolean
chip_map_model_info(const ChipMap *map, const char *name, VirtCpuModelInfo *info)
{
    const ChipModel *model = chip_map_find_model(map, name);

    if (model == NULL) {
        return FALSE;
    }
    *info = (VirtCpuModelInfo){
        .name = model->name,
        .family = model->name,
        .vendor = model->vendor,
        .decode_host = TRUE,
    };
    return TRUE;
}
