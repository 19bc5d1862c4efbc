/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing and combining CPUs: with this host, and with what a QEMU on it provides. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/choice.h"
#include "drivers/qemu/cpu-judge.h"
#include "drivers/qemu/driver.h"

/* Read a client's <cpu>, judged by the schema first when @validate. */
static VirtCpuDef *
read_cpu(const char *xml, gboolean validate, GError **error)
{
    if (validate) {
        g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);

        if (doc == NULL || !virtcpu_xml_validate(doc, "cpu.rng", error)) {
            return NULL;
        }
    }
    return virtcpu_def_parse(xml, VIRTCPU_DEF_AUTO, error);
}

/* A definition for each of @xmls in their order; a document that comes again, as equal hosts of a
 * cluster have it, is read once. @owner, a table, keeps them and borrows @xmls. Returns (transfer
 * container). */
static GPtrArray *
read_cpus(char **xmls, GHashTable *owner, GError **error)
{
    g_autoptr(GPtrArray) cpus = g_ptr_array_new();

    for (gsize i = 0; xmls[i] != NULL; i++) {
        VirtCpuDef *def = g_hash_table_lookup(owner, xmls[i]);

        if (def == NULL) {
            def = read_cpu(xmls[i], FALSE, error);
            if (def == NULL) {
                return NULL;
            }
            g_hash_table_insert(owner, xmls[i], def);
        }
        g_ptr_array_add(cpus, def);
    }
    return g_steal_pointer(&cpus);
}

/* A table to own what read_cpus reads (transfer full). */
static GHashTable *
new_owner(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)virtcpu_def_free);
}

/* ---- this host ---- */

/* The architecture the first of @cpus names, else the host's. */
static VirtCpuArch
get_arch(VirtCpuDriver *driver, const GPtrArray *cpus)
{
    const VirtCpuDef *first = cpus->len > 0 ? cpus->pdata[0] : NULL;

    return first != NULL && first->arch != VIRTCPU_ARCH_NONE ? first->arch
                                                             : virtcpu_driver_host(driver)->arch;
}

static const VirtCpuDef *
get_host_cpu(VirtCpuDriver *driver, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(driver);

    if (host->cpu == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("the CPU of a host of architecture '%s' is not known"),
                          virtcpu_arch_to_string(host->arch));
    }
    return host->cpu;
}

/* Compare @def, making an error of what is left to QEMU: that is not asked here, and not asked is
 * not yes. */
static VirtCpuCompareResult
compare(const VirtCpuDef *host, const VirtCpuDef *def, gboolean fail_incompatible, GError **error)
{
    VirtCpuCompareResult result = virtcpu_cpu_compare_defs(host, def, fail_incompatible, error);

    if (result != VIRTCPU_COMPARE_DELEGATED) {
        return result;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                      _("comparing with the hypervisor CPU is not supported for arch %s"),
                      virtcpu_arch_to_string(host->arch));
    return VIRTCPU_COMPARE_ERROR;
}

VirtCpuCompareResult
virtcpu_driver_compare_cpu(VirtCpuDriver *driver, const char *xml, gboolean fail_incompatible,
                           gboolean validate, GError **error)
{
    const VirtCpuDef *host = get_host_cpu(driver, error);
    g_autoptr(VirtCpuDef) def = host != NULL ? read_cpu(xml, validate, error) : NULL;

    return def != NULL ? compare(host, def, fail_incompatible, error) : VIRTCPU_COMPARE_ERROR;
}

char *
virtcpu_driver_baseline_cpu(VirtCpuDriver *driver, char **xmls, gboolean expand,
                            gboolean migratable, GError **error)
{
    const VirtCpuBaselineOptions options = {
        .expand_features = expand,
        .migratable = migratable,
        .for_qemu = TRUE,
    };
    g_autoptr(GHashTable) owner = new_owner();
    g_autoptr(GPtrArray) cpus = read_cpus(xmls, owner, error);
    g_autoptr(VirtCpuDef) def = NULL;

    if (cpus == NULL) {
        return NULL;
    }
    def = virtcpu_cpu_baseline(get_arch(driver, cpus), cpus, &options, error);
    return def != NULL ? virtcpu_def_to_xml(def) : NULL;
}

/* ---- a QEMU ---- */

/* The host-model of @chosen as the host that definitions are held against (transfer full). */
static VirtCpuDef *
hypervisor_host(const VirtCpuQemuChosen *chosen, GError **error)
{
    VirtCpuDef *host;

    if (chosen->caps->host_model_reported == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("QEMU '%s' does not support reporting CPU model for virttype '%s'"),
                          chosen->caps->binary,
                          virtcpu_virt_type_to_string(chosen->caps->virt_type));
        return NULL;
    }
    host = virtcpu_def_copy(chosen->caps->host_model_reported);
    host->arch = chosen->arch;
    if (host->vendor == NULL) {
        host->vendor = g_strdup(virtcpu_cpu_model_vendor(chosen->arch, host->model));
    }
    return host;
}

/* A hearing on @chosen under the machine type @choice names: without one the latest models count,
 * which are those of no machine, too. */
static VirtCpuQemuHearing *
new_hearing(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice, const VirtCpuQemuChosen *chosen)
{
    return virtcpu_qemu_hearing_new(virtcpu_qemu_cache_judge(virtcpu_driver_cache(driver)),
                                    chosen->caps, choice->machine != NULL ? chosen->machine : NULL);
}

/* What can be told without QEMU is; the rest QEMU judges where it can. */
static VirtCpuCompareResult
compare_by_qemu(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                const VirtCpuQemuChosen *chosen, const VirtCpuDef *def, gboolean fail_incompatible,
                GError **error)
{
    g_autoptr(VirtCpuDef) host = hypervisor_host(chosen, error);
    g_autoptr(VirtCpuQemuHearing) hearing = NULL;
    g_autoptr(VirtCpuDef) wish = NULL;
    VirtCpuCompareResult result;

    if (host == NULL || !virtcpu_qemu_judge_compares(chosen->caps)) {
        return host != NULL ? compare(host, def, fail_incompatible, error) : VIRTCPU_COMPARE_ERROR;
    }
    result = virtcpu_cpu_compare_defs(host, def, fail_incompatible, error);
    if (result != VIRTCPU_COMPARE_DELEGATED) {
        return result;
    }
    wish = def->mode == VIRTCPU_MODE_HOST_MODEL ? virtcpu_cpu_update(chosen->arch, def, host, error)
                                                : virtcpu_def_copy(def);
    if (wish == NULL) {
        return VIRTCPU_COMPARE_ERROR;
    }
    hearing = new_hearing(driver, choice, chosen);
    return virtcpu_qemu_judge_compare(hearing, host, wish, fail_incompatible, error);
}

VirtCpuCompareResult
virtcpu_driver_compare_hypervisor_cpu(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                      const char *xml, gboolean fail_incompatible,
                                      gboolean validate, GError **error)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };
    g_autoptr(VirtCpuDef) def = read_cpu(xml, validate, error);

    if (def == NULL || !virtcpu_qemu_choose(driver, choice, &chosen, error)) {
        return VIRTCPU_COMPARE_ERROR;
    }
    return compare_by_qemu(driver, choice, &chosen, def, fail_incompatible, error);
}

static gboolean
check_has_models(const VirtCpuQemuCaps *caps, GError **error)
{
    if (caps->models->len > 0) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                      _("QEMU '%s' does not support any CPU models for virttype '%s'"),
                      caps->binary, virtcpu_virt_type_to_string(caps->virt_type));
    return FALSE;
}

/* The form and the model of every definition; what else is in it, QEMU judges. */
static gboolean
check_forms(const VirtCpuQemuChosen *chosen, const GPtrArray *cpus, GError **error)
{
    VirtCpuArch arch = chosen->arch;

    if (cpus->len == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("no CPUs given"));
        return FALSE;
    }
    for (guint i = 0; i < cpus->len; i++) {
        const VirtCpuDef *cpu = cpus->pdata[i];

        if (cpu->arch != VIRTCPU_ARCH_NONE && cpu->arch != arch) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                              _("CPU architectures do not match: %s and %s"),
                              virtcpu_arch_to_string(arch), virtcpu_arch_to_string(cpu->arch));
            return FALSE;
        }
        if (cpu->model != NULL && virtcpu_qemu_caps_model(chosen->caps, cpu->model) == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("CPU model '%s' not supported by hypervisor"), cpu->model);
            return FALSE;
        }
        if (!virtcpu_cpu_validate_features(arch, cpu, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* By the map, out of what the host-model of @chosen has. */
static VirtCpuDef *
baseline_by_map(const VirtCpuQemuChosen *chosen, const GPtrArray *cpus, gboolean expand,
                gboolean migratable, GError **error)
{
    g_autoptr(VirtCpuDef) host = NULL;
    g_autoptr(VirtCpuData) features = NULL;
    VirtCpuDef *def;

    if (!virtcpu_cpu_has_bits(chosen->arch)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("computing baseline hypervisor CPU is not supported for arch %s"),
                          virtcpu_arch_to_string(chosen->arch));
        return NULL;
    }
    host = hypervisor_host(chosen, error);
    features = host != NULL ? virtcpu_cpu_encode(chosen->arch, host, error) : NULL;
    if (features == NULL) {
        return NULL;
    }
    const VirtCpuBaselineOptions options = {
        .expand_features = expand,
        .migratable = migratable,
        .hv_models = chosen->caps->models,
        .hv_features = features,
    };
    def = virtcpu_cpu_baseline(chosen->arch, cpus, &options, error);
    if (def != NULL) {
        /* the hypervisor has the model, so nothing may stand in for it */
        def->fallback = VIRTCPU_FALLBACK_FORBID;
        def->has_fallback = TRUE;
    }
    return def;
}

char *
virtcpu_driver_baseline_hypervisor_cpu(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                       char **xmls, gboolean expand, gboolean migratable,
                                       GError **error)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };
    g_autoptr(GHashTable) owner = new_owner();
    g_autoptr(GPtrArray) cpus = read_cpus(xmls, owner, error);
    g_autoptr(VirtCpuDef) def = NULL;

    if (cpus == NULL || !virtcpu_qemu_choose(driver, choice, &chosen, error) ||
        !check_has_models(chosen.caps, error)) {
        return NULL;
    }
    if (virtcpu_qemu_judge_combines(chosen.caps)) {
        g_autoptr(VirtCpuQemuHearing) hearing = new_hearing(driver, choice, &chosen);

        def = check_forms(&chosen, cpus, error)
                  ? virtcpu_qemu_judge_baseline(hearing, cpus, expand, error)
                  : NULL;
    } else {
        def = baseline_by_map(&chosen, cpus, expand, migratable, error);
    }
    return def != NULL ? virtcpu_def_to_xml(def) : NULL;
}
