/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/drift.h"
#include "drivers/qemu/questions.h"

void
virtcpu_drift_cpu_clear(VirtCpuDriftCpu *cpu)
{
    g_clear_pointer(&cpu->props, virtcpu_json_free);
    g_clear_pointer(&cpu->refusal, g_free);
    g_clear_pointer(&cpu->blockers, g_ptr_array_unref);
}

/* All that the QEMU of @caps can give here: the properties of its largest model, or NULL. */
static const VirtCpuJson *
provided_by(const VirtCpuQemuCaps *caps)
{
    const VirtCpuJson *largest =
        caps->max_model_nonmigratable != NULL ? caps->max_model_nonmigratable : caps->max_model;

    return virtcpu_json_get(largest, "props");
}

static void
add_blocker(VirtCpuDriftCpu *cpu, VirtCpuArch arch, const char *qemu_name)
{
    const char *name = virtcpu_cpu_feature_from_qemu(arch, qemu_name);

    if (name == NULL) {
        name = qemu_name;
    }
    if (!g_ptr_array_find_with_equal_func(cpu->blockers, name, g_str_equal, NULL)) {
        g_ptr_array_add(cpu->blockers, g_strdup(name));
    }
}

void
virtcpu_drift_cpu_from_model(const VirtCpuDriftSide *side, const char *model, VirtCpuDriftCpu *cpu)
{
    const VirtCpuHvModel *hv = virtcpu_qemu_caps_model(side->caps, model);
    int cell = side->matrix != NULL ? virtcpu_qemu_matrix_cell(side->matrix, side->machine, model)
                                    : VIRTCPU_QEMU_MATRIX_NONE;

    cpu->there = hv != NULL;
    cpu->runs = hv != NULL ? hv->usable : VIRTCPU_TRISTATE_ABSENT;
    cpu->blockers = g_ptr_array_new_with_free_func(g_free);
    for (char **name = hv != NULL ? hv->blockers : NULL; name != NULL && *name != NULL; name++) {
        add_blocker(cpu, side->caps->arch, *name);
    }
    if (cell != VIRTCPU_QEMU_MATRIX_NONE) {
        cpu->props = virtcpu_qemu_matrix_props(side->matrix, (guint)cell);
    } else if (side->matrix != NULL) {
        cpu->refusal = g_strdup(virtcpu_qemu_matrix_refusal(side->matrix, side->machine, model));
    } else if (g_str_equal(model, virtcpu_qemu_largest_model(side->caps->virt_type)) &&
               provided_by(side->caps) != NULL) {
        cpu->props = virtcpu_json_copy(provided_by(side->caps));
    }
}

/* Apply what @def says of @feature to @cpu. */
static void
apply_feature(const VirtCpuDriftSide *side, const VirtCpuDefFeature *feature, VirtCpuDriftCpu *cpu)
{
    const char *name = virtcpu_cpu_feature_to_qemu(side->caps->arch, feature->name);
    const VirtCpuJson *provided = provided_by(side->caps);
    const gboolean on =
        feature->policy == VIRTCPU_POLICY_FORCE || feature->policy == VIRTCPU_POLICY_REQUIRE;
    guint place;

    if (cpu->props != NULL) {
        virtcpu_json_set_bool(cpu->props, name, on);
    }
    if (on && provided != NULL && !virtcpu_json_get_bool(provided, name, FALSE)) {
        add_blocker(cpu, side->caps->arch, name);
    }
    if (!on &&
        g_ptr_array_find_with_equal_func(cpu->blockers, feature->name, g_str_equal, &place)) {
        g_ptr_array_remove_index(cpu->blockers, place);
    }
}

gboolean
virtcpu_drift_cpu_from_def(const VirtCpuDriftSide *side, const VirtCpuDomainDef *def,
                           VirtCpuDriftCpu *cpu, GError **error)
{
    g_autoptr(VirtCpuDomainDef) there =
        virtcpu_domain_complete_elsewhere(def, side->caps, side->machine, error);
    g_autoptr(VirtCpuDef) own = NULL;
    g_autofree char *standard = NULL;
    const char *model;

    if (there == NULL || !virtcpu_qemu_cpu_resolve(there, side->caps, &own, error)) {
        return FALSE;
    }
    standard = virtcpu_qemu_caps_default_model(
        side->caps, virtcpu_qemu_caps_machine(side->caps, side->machine));
    model = own != NULL && own->model != NULL ? own->model : standard;
    if (own != NULL && virtcpu_def_is_opaque(own)) {
        model = virtcpu_qemu_largest_model(side->caps->virt_type);
    }
    virtcpu_drift_cpu_from_model(side, model != NULL ? model : "", cpu);
    for (guint i = 0; own != NULL && i < own->features->len; i++) {
        apply_feature(side, g_ptr_array_index(own->features, i), cpu);
    }
    if (cpu->runs != VIRTCPU_TRISTATE_ABSENT || cpu->blockers->len > 0) {
        cpu->runs = cpu->blockers->len == 0 ? VIRTCPU_TRISTATE_YES : VIRTCPU_TRISTATE_NO;
    }
    return TRUE;
}
