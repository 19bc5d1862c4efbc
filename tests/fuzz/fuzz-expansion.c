/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's replies about CPU models: {"model": …} of an expansion, {"definitions": […]} beside it. */
#include "drivers/cpu/cpu.h"
#include "tests/fuzz/fuzz.h"

/* The models listed, or NULL: none listed, or refused. */
static GPtrArray *
read_definitions(const VirtCpuJson *json)
{
    const VirtCpuJson *list = virtcpu_json_get(json, "definitions");
    g_autoptr(GError) error = NULL;
    GPtrArray *models;

    if (list == NULL) {
        return NULL;
    }
    models = virtcpu_hv_models_from_json(list, &error);
    g_assert_true((models == NULL) == (error != NULL));
    return models;
}

static void
decode(const VirtCpuData *data, const GPtrArray *models)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST, .hv_models = models };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_cpu_decode(data, &options, &error);
    g_autoptr(VirtCpuDef) translated = NULL;

    g_assert_true((def == NULL) == (error != NULL));
    if (def != NULL && models != NULL) {
        translated = virtcpu_cpu_translate(VIRTCPU_ARCH_X86_64, def, models, NULL);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse((const char *)data, (gssize)size, NULL);
    g_autoptr(GPtrArray) models = NULL;
    g_autoptr(VirtCpuData) facts = NULL;
    g_autoptr(GError) error = NULL;

    if (json == NULL) {
        return 0;
    }
    models = read_definitions(json);
    facts = virtcpu_cpu_data_from_expansion(VIRTCPU_ARCH_X86_64, virtcpu_json_get(json, "model"),
                                            &error);
    g_assert_true((facts == NULL) == (error != NULL));
    if (facts != NULL) {
        decode(facts, models);
    }
    return 0;
}
