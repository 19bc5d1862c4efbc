/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-cpu.h"

#include "drivers/qemu/driver-priv.h"

static VirtCpuCpuForm
choose_form(const VirtCpuDriver *driver, const VirtCpuDomainDef *def)
{
    return def->cpu_form != VIRTCPU_CPU_FORM_DEFAULT ? def->cpu_form : driver->cpu_form;
}

/* Have @def name property @name as @value: as a feature where it is one. What it names itself
 * stays. */
static void
add_property(VirtCpuDomainDef *def, VirtCpuJson *properties, const char *name,
             const VirtCpuJson *value)
{
    const char *feature = virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL
                              ? virtcpu_cpu_feature_from_qemu(def->arch, name)
                              : NULL;

    if (feature == NULL) {
        if (virtcpu_json_get(properties, name) == NULL) {
            virtcpu_json_set(properties, name, virtcpu_json_copy(value));
        }
    } else if (virtcpu_def_find_feature(def->cpu, feature) == NULL) {
        virtcpu_def_set_feature(def->cpu, feature,
                                virtcpu_json_is_true(value) ? VIRTCPU_POLICY_REQUIRE
                                                            : VIRTCPU_POLICY_DISABLE);
    }
}

static void
set_version(VirtCpuDomainDef *def, const VirtCpuExplicitCpu *known)
{
    g_autoptr(VirtCpuJson) properties = def->cpu_properties != NULL
                                            ? virtcpu_json_copy(def->cpu_properties)
                                            : virtcpu_json_new_object();

    g_free(def->cpu->model);
    def->cpu->model = g_strdup(known->version);
    for (gsize i = 0; i < virtcpu_json_size(known->own); i++) {
        add_property(def, properties, virtcpu_json_key_at(known->own, i),
                     virtcpu_json_at(known->own, i));
    }
    if (virtcpu_json_size(properties) > virtcpu_json_size(def->cpu_properties)) {
        virtcpu_domain_def_set_cpu_form(def, def->cpu_form, g_steal_pointer(&properties));
    }
}

/* TRUE when @def names a model of the QEMU's own and no version of it. */
static gboolean
is_unversioned(const VirtCpuQemuCaps *caps, const VirtCpuDef *cpu)
{
    VirtCpuModelInfo info;

    return cpu != NULL && cpu->mode == VIRTCPU_MODE_CUSTOM && cpu->model != NULL &&
           virtcpu_qemu_caps_model(caps, cpu->model) != NULL &&
           !(virtcpu_cpu_model_info(caps->arch, cpu->model, &info) && info.version != 0);
}

/* What the model of @def is by itself (transfer full). */
static VirtCpuExplicitCpu *
ask_model(VirtCpuDriver *driver, VirtCpuQemuCaps *caps, const VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(VirtCpuDomainDef) plain = virtcpu_domain_def_new();
    VirtCpuArgsInput input = { .def = plain, .caps = caps };

    plain->arch = def->arch;
    plain->virt_type = def->virt_type;
    plain->machine = g_strdup(def->machine);
    plain->cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    plain->cpu->model = g_strdup(def->cpu->model);
    input.cpu = plain->cpu;
    if (!virtcpu_explicit_applies(&input)) {
        return NULL;
    }
    return virtcpu_explicit_store_get(virtcpu_qemu_cache_lines(driver->cache), caps, &input, error);
}

void
virtcpu_domain_pin_version(VirtCpuDriver *driver, VirtCpuQemuCaps *caps, VirtCpuDomainDef *def)
{
    g_autoptr(VirtCpuExplicitCpu) known = NULL;
    g_autoptr(GError) error = NULL;

    if (choose_form(driver, def) != VIRTCPU_CPU_FORM_EXPLICIT || !is_unversioned(caps, def->cpu)) {
        return;
    }
    known = ask_model(driver, caps, def, &error);
    if (error != NULL) {
        g_message("Model '%s' of domain '%s' keeps its name: %s", def->cpu->model, def->name,
                  error->message);
    } else if (known != NULL && !g_str_equal(known->version, def->cpu->model)) {
        set_version(def, known);
    }
}

gboolean
virtcpu_domain_cpu_line(VirtCpuDriver *driver, VirtCpuQemuCaps *caps, const VirtCpuArgsInput *input,
                        VirtCpuCpuLine *line, GError **error)
{
    g_autoptr(VirtCpuExplicitCpu) known = NULL;

    if (choose_form(driver, input->def) != VIRTCPU_CPU_FORM_EXPLICIT ||
        !virtcpu_explicit_applies(input)) {
        return TRUE;
    }
    known = virtcpu_explicit_store_get(virtcpu_qemu_cache_lines(driver->cache), caps, input, error);
    if (known == NULL) {
        return FALSE;
    }
    line->cpu = g_strdup(known->line.cpu);
    line->globals = g_strdupv(known->line.globals);
    return TRUE;
}
