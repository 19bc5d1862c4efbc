/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of ppc64. A processor is what its version register says; a guest runs as the host's
 * model, as an older generation by a compatibility mode (host-model with a model "powerN"), or not
 * at all. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/chip-data.h"
#include "drivers/cpu/named-cpu.h"

#include "ppc64-map-table.h"

#include <string.h>

static const VirtCpuArch archs[] = { VIRTCPU_ARCH_PPC64, VIRTCPU_ARCH_PPC64LE, VIRTCPU_ARCH_NONE };

static gboolean
is_generation(guint64 number)
{
    for (gsize i = 0; i < ppc64_chips.n_models; i++) {
        if (ppc64_chips.models[i].generation == number) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The generation of compatibility mode "powerN", or 0. */
static unsigned
mode_generation(const char *mode)
{
    guint64 number;

    if (!g_str_has_prefix(mode, "power") || mode[strlen("power")] == '0' ||
        !g_ascii_string_to_unsigned(mode + strlen("power"), 10, 1, G_MAXUINT8, &number, NULL)) {
        return 0;
    }
    return is_generation(number) ? (unsigned)number : 0;
}

static gboolean
runs_as_host(const VirtCpuDef *def)
{
    return def->type == VIRTCPU_DEF_GUEST && def->mode != VIRTCPU_MODE_CUSTOM;
}

static gboolean
check_mode(const VirtCpuDef *def, GError **error)
{
    if (def->mode != VIRTCPU_MODE_HOST_MODEL || def->model == NULL ||
        mode_generation(def->model) != 0) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown compatibility mode %s"),
                      def->model);
    return FALSE;
}

static VirtCpu *
cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    const ChipModel *model;

    if (runs_as_host(def)) {
        return check_mode(def, error) ? named_cpu_new(&virtcpu_ppc64_ops, arch, def, NULL) : NULL;
    }
    if (def->model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("no CPU model specified"));
        return NULL;
    }
    model = chip_map_find_model(&ppc64_chips, def->model);
    if (model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown CPU model %s"), def->model);
        return NULL;
    }
    return named_cpu_new(&virtcpu_ppc64_ops, arch, def, model);
}

static VirtCpuCompareResult
compare_models(const NamedCpu *has, const NamedCpu *wants, GPtrArray *reasons)
{
    const char *mode = wants->def->mode == VIRTCPU_MODE_HOST_MODEL && runs_as_host(wants->def)
                           ? wants->def->model
                           : NULL;

    if (has->model == NULL) {
        return named_cpu_refuse(reasons, _("unknown host CPU"));
    }
    if (mode != NULL && has->model->generation == 0) {
        return named_cpu_refuse(reasons, _("Host CPU does not support compatibility modes"));
    }
    if (mode != NULL && mode_generation(mode) > has->model->generation) {
        return named_cpu_refuse(reasons, _("host CPU %s is older than compatibility mode %s"),
                                has->model->name, mode);
    }
    if (wants->model != NULL && wants->model != has->model) {
        return named_cpu_refuse(reasons, _("host CPU model does not match required CPU model %s"),
                                wants->model->name);
    }
    return VIRTCPU_COMPARE_IDENTICAL;
}

/* Models are compared here. Features a definition names besides are QEMU's to judge. */
static VirtCpuCompareResult
compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons)
{
    VirtCpuCompareResult result = named_cpu_compare(host, cpu, reasons);

    if (result == VIRTCPU_COMPARE_INCOMPATIBLE) {
        return result;
    }
    result = compare_models(named_cpu(host), named_cpu(cpu), reasons);
    return result == VIRTCPU_COMPARE_IDENTICAL && named_cpu(cpu)->def->features->len > 0
               ? VIRTCPU_COMPARE_DELEGATED
               : result;
}

static VirtCpuDef *
baseline(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
         GError **error)
{
    return named_cpu_baseline(&ppc64_chips, cpus, options, error);
}

/* host-model stays what it is: with a compatibility mode it is all the guest is told. A model is
 * the same or another, so match minimum and strict are exact. */
static VirtCpuDef *
update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host, GError **error)
{
    VirtCpuDef *updated = virtcpu_def_copy(guest);

    if (guest->mode == VIRTCPU_MODE_CUSTOM) {
        updated->match = VIRTCPU_MATCH_EXACT;
    }
    return updated;
}

static VirtCpuDef *
translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models, GError **error)
{
    const ChipModel *model = chip_map_find_model(&ppc64_chips, def->model);
    g_autoptr(VirtCpuDef) renamed = virtcpu_def_copy(def);

    if (model != NULL && def->mode == VIRTCPU_MODE_CUSTOM) {
        g_free(renamed->model);
        renamed->model = g_strdup(model->name);
    }
    return named_cpu_translate(arch, renamed, hv_models, error);
}

static const char **
model_names(void)
{
    const char **names = g_new0(const char *, ppc64_chips.n_models + 1);

    for (gsize i = 0; i < ppc64_chips.n_models; i++) {
        names[i] = ppc64_chips.models[i].name;
    }
    return names;
}

/* QEMU writes in lower case what libvirt writes in upper case. */
static const char *
model_from_qemu(const char *name)
{
    for (gsize i = 0; i < ppc64_chips.n_models; i++) {
        if (g_ascii_strcasecmp(ppc64_chips.models[i].name, name) == 0) {
            return ppc64_chips.models[i].name;
        }
    }
    return NULL;
}

static gboolean
model_info(const char *name, VirtCpuModelInfo *info)
{
    return chip_map_model_info(&ppc64_chips, name, info);
}

const VirtCpuArchOps virtcpu_ppc64_ops = {
    .name = "ppc64",
    .archs = archs,
    .chips = &ppc64_chips,
    .host_model_is_host = TRUE,
    .data_new = chip_data_new,
    .data_free = chip_data_free,
    .data_copy = chip_data_copy,
    .data_set_register = chip_data_set_register,
    .data_parse = chip_data_parse,
    .data_format = chip_data_format,
    .decode = chip_data_decode,
    .cpu_new = cpu_new,
    .cpu_free = named_cpu_free,
    .compare = compare,
    .has_feature = named_cpu_has_feature,
    .baseline = baseline,
    .update = update,
    .translate = translate,
    .validate_features = named_cpu_accept_features,
    .model_names = model_names,
    .model_from_qemu = model_from_qemu,
    .model_info = model_info,
};
