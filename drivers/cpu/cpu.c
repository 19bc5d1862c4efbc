/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every function of cpu.h that depends on the architecture: find its table, call its slot. */
#include "drivers/cpu/cpu.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/cpu/cpu-arch.h"

VirtCpuData *
virtcpu_cpu_data_new(VirtCpuArch arch, GError **error)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(data_new), error);

    return ops != NULL ? ops->data_new(arch) : NULL;
}

void
virtcpu_cpu_data_free(VirtCpuData *data)
{
    if (data != NULL) {
        data->ops->data_free(data);
    }
}

gboolean
virtcpu_cpu_data_is_of(const VirtCpuData *data, VirtCpuArch arch)
{
    return virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(data_new), NULL) == data->ops;
}

VirtCpuData *
virtcpu_cpu_data_copy(const VirtCpuData *data)
{
    return data->ops->data_copy(data);
}

void
virtcpu_cpu_data_add_cpuid(VirtCpuData *data, guint32 leaf, guint32 subleaf, guint32 eax,
                           guint32 ebx, guint32 ecx, guint32 edx)
{
    const guint32 values[] = { eax, ebx, ecx, edx };

    if (data->ops->data_add_cpuid != NULL) {
        data->ops->data_add_cpuid(data, leaf, subleaf, values);
    }
}

gboolean
virtcpu_cpu_data_get_cpuid(const VirtCpuData *data, guint32 leaf, guint32 subleaf,
                           guint32 values[4])
{
    return data->ops->data_get_cpuid != NULL &&
           data->ops->data_get_cpuid(data, leaf, subleaf, values);
}

void
virtcpu_cpu_data_add_msr(VirtCpuData *data, guint32 index, guint64 value)
{
    if (data->ops->data_add_msr != NULL) {
        data->ops->data_add_msr(data, index, value);
    }
}

void
virtcpu_cpu_data_set_register(VirtCpuData *data, guint32 value)
{
    if (data->ops->data_set_register != NULL) {
        data->ops->data_set_register(data, value);
    }
}

VirtCpuData *
virtcpu_cpu_data_parse(const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);

    return doc != NULL ? virtcpu_cpu_data_parse_node(xmlDocGetRootElement(doc), error) : NULL;
}

VirtCpuData *
virtcpu_cpu_data_parse_node(xmlNode *root, GError **error)
{
    g_autofree char *name = NULL;
    const VirtCpuArchOps *ops;

    if (!g_str_equal((const char *)root->name, "cpudata")) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Root element '%s' is no CPU data: 'cpudata' expected"),
                          (const char *)root->name);
        return NULL;
    }
    name = virtcpu_xml_attribute(root, "arch");
    ops = name != NULL ? virtcpu_arch_find_by_name(name) : NULL;
    if (ops == NULL || ops->data_parse == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("CPU data on line %ld is of architecture '%s', which has no such form"),
                          xmlGetLineNo(root), name != NULL ? name : "");
        return NULL;
    }
    return ops->data_parse(ops->archs[0], root, error);
}

char *
virtcpu_cpu_data_format(const VirtCpuData *data)
{
    return data->ops->data_format(data);
}

GArray *
virtcpu_cpu_data_differences(const VirtCpuData *was, const VirtCpuData *is)
{
    return was->ops->data_differences != NULL
               ? was->ops->data_differences(was, is)
               : g_array_new(FALSE, FALSE, sizeof(VirtCpuDataDifference));
}

VirtCpuData *
virtcpu_cpu_data_from_expansion(VirtCpuArch arch, const VirtCpuJson *model, GError **error)
{
    const VirtCpuArchOps *ops =
        virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(data_from_expansion), error);

    return ops != NULL ? ops->data_from_expansion(arch, model, error) : NULL;
}

gboolean
virtcpu_cpu_data_add_feature(VirtCpuData *data, const char *name)
{
    return data->ops->data_add_feature != NULL && data->ops->data_add_feature(data, name);
}

gboolean
virtcpu_cpu_data_has_feature(const VirtCpuData *data, const char *name)
{
    return data->ops->data_has_feature != NULL && data->ops->data_has_feature(data, name);
}

gboolean
virtcpu_cpu_data_set_vendor(VirtCpuData *data, const char *vendor)
{
    return data->ops->data_set_vendor != NULL && data->ops->data_set_vendor(data, vendor);
}

void
virtcpu_cpu_data_set_signature(VirtCpuData *data, unsigned family, unsigned model,
                               unsigned stepping)
{
    if (data->ops->data_set_signature != NULL) {
        data->ops->data_set_signature(data, family, model, stepping);
    }
}

VirtCpuDef *
virtcpu_cpu_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options, GError **error)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(data->arch, VIRTCPU_ARCH_SLOT(decode), error);

    return ops != NULL ? ops->decode(data, options, error) : NULL;
}

/* The architecture of @def, or @arch when it names none. */
static VirtCpuArch
arch_of(VirtCpuArch arch, const VirtCpuDef *def)
{
    return def->arch != VIRTCPU_ARCH_NONE ? def->arch : arch;
}

VirtCpuData *
virtcpu_cpu_encode(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    VirtCpuArch own = arch_of(arch, def);
    const VirtCpuArchOps *ops = virtcpu_arch_find(own, VIRTCPU_ARCH_SLOT(encode), error);

    return ops != NULL ? ops->encode(own, def, error) : NULL;
}

VirtCpu *
virtcpu_cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    VirtCpuArch own = arch_of(arch, def);
    const VirtCpuArchOps *ops = virtcpu_arch_find(own, VIRTCPU_ARCH_SLOT(cpu_new), error);

    return ops != NULL ? ops->cpu_new(own, def, error) : NULL;
}

void
virtcpu_cpu_free(VirtCpu *cpu)
{
    if (cpu != NULL) {
        cpu->ops->cpu_free(cpu);
    }
}

static VirtCpuCompareResult
refuse_arch(VirtCpuArch arch, GPtrArray *reasons)
{
    if (reasons != NULL) {
        g_ptr_array_add(reasons, g_strdup_printf(_("CPU arch %s does not match host arch"),
                                                 virtcpu_arch_to_string(arch)));
    }
    return VIRTCPU_COMPARE_INCOMPATIBLE;
}

VirtCpuCompareResult
virtcpu_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons)
{
    if (cpu->ops != host->ops) {
        return refuse_arch(cpu->arch, reasons);
    }
    return host->ops->compare(host, cpu, reasons);
}

/* A foreign architecture or vendor is known to be incompatible before the rest of @cpu is looked
 * at.
 */
VirtCpuCompareResult
virtcpu_cpu_compare_reasons(const VirtCpuDef *host, const VirtCpuDef *cpu, GPtrArray *reasons,
                            GError **error)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(host->arch, VIRTCPU_ARCH_SLOT(compare), error);
    g_autoptr(VirtCpu) has = NULL;
    g_autoptr(VirtCpu) wants = NULL;

    if (ops == NULL) {
        return VIRTCPU_COMPARE_ERROR;
    }
    if (virtcpu_arch_find(arch_of(host->arch, cpu), VIRTCPU_ARCH_SLOT(compare), NULL) != ops) {
        return refuse_arch(cpu->arch, reasons);
    }
    if (host->model == NULL) {
        g_ptr_array_add(reasons, g_strdup(_("unknown host CPU")));
        return VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    has = ops->cpu_new(host->arch, host, error);
    wants = has != NULL ? ops->cpu_new(arch_of(host->arch, cpu), cpu, error) : NULL;
    return wants != NULL ? ops->compare(has, wants, reasons) : VIRTCPU_COMPARE_ERROR;
}

VirtCpuCompareResult
virtcpu_cpu_compare_defs(const VirtCpuDef *host, const VirtCpuDef *cpu, gboolean fail_incompatible,
                         GError **error)
{
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_null_terminated(1, g_free, TRUE);
    VirtCpuCompareResult result = virtcpu_cpu_compare_reasons(host, cpu, reasons, error);
    g_autofree char *text = NULL;

    if (result != VIRTCPU_COMPARE_INCOMPATIBLE || !fail_incompatible) {
        return result;
    }
    text = g_strjoinv("; ", (char **)reasons->pdata);
    virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE, "%s", text);
    return VIRTCPU_COMPARE_ERROR;
}

gboolean
virtcpu_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has, GError **error)
{
    return cpu->ops->has_feature(cpu, name, has, error);
}

VirtCpuAbiLevel
virtcpu_cpu_abi_level(const VirtCpu *cpu)
{
    return cpu->ops->abi_level != NULL ? cpu->ops->abi_level(cpu) : 0;
}

VirtCpuDef *
virtcpu_cpu_baseline(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
                     GError **error)
{
    const VirtCpuArchOps *ops;
    VirtCpuArch own = VIRTCPU_ARCH_NONE;

    if (cpus->len == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("no CPUs given"));
        return NULL;
    }
    for (guint i = 0; i < cpus->len && own == VIRTCPU_ARCH_NONE; i++) {
        own = arch_of(arch, g_ptr_array_index(cpus, i));
    }
    ops = virtcpu_arch_find(own, VIRTCPU_ARCH_SLOT(archs), error);
    if (ops != NULL && ops->baseline == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("cannot compute baseline CPU of %s architecture"),
                          virtcpu_arch_to_string(own));
        return NULL;
    }
    return ops != NULL ? ops->baseline(own, cpus, options, error) : NULL;
}

VirtCpuDef *
virtcpu_cpu_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host,
                   GError **error)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(update), error);

    return ops != NULL ? ops->update(arch, guest, host, error) : NULL;
}

VirtCpuDef *
virtcpu_cpu_expand(VirtCpuArch arch, const VirtCpuDef *def, gboolean migratable, GError **error)
{
    VirtCpuArch own = arch_of(arch, def);
    const VirtCpuArchOps *ops = virtcpu_arch_find(own, VIRTCPU_ARCH_SLOT(expand), error);

    return ops != NULL ? ops->expand(own, def, migratable, error) : NULL;
}

VirtCpuDef *
virtcpu_cpu_translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models,
                      GError **error)
{
    VirtCpuArch own = arch_of(arch, def);
    const VirtCpuArchOps *ops = virtcpu_arch_find(own, VIRTCPU_ARCH_SLOT(translate), error);

    return ops != NULL ? ops->translate(own, def, hv_models, error) : NULL;
}

gboolean
virtcpu_cpu_validate_features(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    const VirtCpuArchOps *ops =
        virtcpu_arch_find(arch_of(arch, def), VIRTCPU_ARCH_SLOT(validate_features), NULL);

    return ops == NULL || ops->validate_features(def, error);
}

gboolean
virtcpu_cpu_check_live(VirtCpuArch arch, const VirtCpuDef *def, const VirtCpuData *expected,
                       const VirtCpuLive *live, GPtrArray **missing, GPtrArray **extra,
                       GError **error)
{
    const VirtCpuArchOps *ops =
        virtcpu_arch_find(arch_of(arch, def), VIRTCPU_ARCH_SLOT(check_live), error);

    return ops != NULL && ops->check_live(def, expected, live, missing, extra, error);
}

VirtCpuDef *
virtcpu_cpu_update_live(VirtCpuArch arch, const VirtCpuDef *def, const VirtCpuLive *live,
                        GError **error)
{
    const VirtCpuArchOps *ops =
        virtcpu_arch_find(arch_of(arch, def), VIRTCPU_ARCH_SLOT(update_live), error);

    return ops != NULL ? ops->update_live(def, live, error) : NULL;
}
