/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cpu-argument.h"

#include "drivers/qemu/args.h"
#include "drivers/qemu/caps-priv.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"

/* The host the peer's cases were recorded on, in the order its features are written. */
static const char host_model_xml[] =
    "<cpu mode='custom' match='exact'><model fallback='forbid'>Haswell</model>"
    "<vendor>Intel</vendor>"
    "<feature policy='require' name='vme'/><feature policy='require' name='ds'/>"
    "<feature policy='require' name='acpi'/><feature policy='require' name='ss'/>"
    "<feature policy='require' name='ht'/><feature policy='require' name='tm'/>"
    "<feature policy='require' name='pbe'/><feature policy='require' name='dtes64'/>"
    "<feature policy='require' name='monitor'/><feature policy='require' name='ds_cpl'/>"
    "<feature policy='require' name='vmx'/><feature policy='require' name='smx'/>"
    "<feature policy='require' name='est'/><feature policy='require' name='tm2'/>"
    "<feature policy='require' name='xtpr'/><feature policy='require' name='pdcm'/>"
    "<feature policy='require' name='f16c'/><feature policy='require' name='rdrand'/>"
    "<feature policy='require' name='pdpe1gb'/><feature policy='require' name='abm'/>"
    "<feature policy='require' name='lahf_lm'/></cpu>";

/* A property that newer QEMUs, such as the peer's, no longer have. */
#define GONE_PROPERTY "pconfig"

static char **
all_properties(void)
{
    const char **features = virtcpu_cpu_feature_names(VIRTCPU_ARCH_X86_64);
    GPtrArray *names = g_ptr_array_new();

    for (const char **name = features; *name; name++) {
        VirtCpuFeatureInfo info;

        g_assert_true(virtcpu_cpu_feature_info(VIRTCPU_ARCH_X86_64, *name, &info));
        if (info.qemu && !g_str_equal(info.qemu, GONE_PROPERTY)) {
            g_ptr_array_add(names, g_strdup(info.qemu));
        }
    }
    g_free(features);
    g_ptr_array_add(names, g_strdup("migratable"));
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

VirtCpuQemuCaps *
test_x86_caps_new(VirtCpuVirtType virt_type)
{
    VirtCpuQemuCaps *caps = virtcpu_qemu_caps_new();
    const char **models = virtcpu_cpu_model_names(VIRTCPU_ARCH_X86_64, NULL);
    g_autoptr(GError) error = NULL;

    caps->binary = g_strdup("/usr/bin/qemu-system-x86_64");
    caps->virt_type = virt_type;
    caps->arch = VIRTCPU_ARCH_X86_64;
    caps->version_major = 10;
    caps->host_model = virtcpu_def_parse(host_model_xml, VIRTCPU_DEF_GUEST, &error);
    g_assert_no_error(error);
    caps->properties = all_properties();
    caps->machines = virtcpu_qemu_machines_new();
    caps->models = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
    for (const char **name = models; *name; name++) {
        VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

        model->name = g_strdup(*name);
        g_ptr_array_add(caps->models, model);
    }
    g_free(models);
    return caps;
}

static void
add_machine(VirtCpuQemuCaps *caps, const char *name)
{
    VirtCpuQemuMachine *machine = g_new0(VirtCpuQemuMachine, 1);

    machine->name = g_strdup(name);
    machine->default_cpu = g_strdup("qemu64-x86_64-cpu");
    g_ptr_array_add(caps->machines, machine);
}

char *
test_cpu_argument(const char *xml, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, error);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuDef) cpu = NULL;
    VirtCpuDomainDefaults defaults = { VIRTCPU_ARCH_X86_64, "pc", "/usr/bin/qemu-system-x86_64" };
    VirtCpuArgsInput input;

    if (!def) {
        return NULL;
    }
    caps = test_x86_caps_new(def->virt_type);
    if (!virtcpu_domain_def_complete(def, &defaults, error)) {
        return NULL;
    }
    add_machine(caps, def->machine);
    if (!virtcpu_domain_complete_cpu(def, caps, error) ||
        !virtcpu_qemu_cpu_resolve(def, caps, &cpu, error)) {
        return NULL;
    }
    input = (VirtCpuArgsInput){ .def = def, .caps = caps, .cpu = cpu };
    return virtcpu_args_cpu(&input, error);
}
