/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From <cpu> to the -cpu argument, in cases that the peer has none for. */
#include "conf/error.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/caps-priv.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "tests/unit/cpu-argument.h"

#include <string.h>

#define DOMAIN(type, cpu)                                                                          \
    "<domain type='" type "'><name>d</name><memory>65536</memory>"                                 \
    "<os><type arch='x86_64' machine='pc'>hvm</type></os>" cpu "</domain>"

static const struct {
    const char *label, *xml;
    const char *value; /* or NULL */
    VirtCpuErrorCode code;
    const char *words;
} cases[] = {
    { "host-model", DOMAIN("kvm", "<cpu mode='host-model'/>"),
      "Haswell,vme=on,ds=on,acpi=on,ss=on,ht=on,tm=on,pbe=on,dtes64=on,monitor=on,ds-cpl=on,vmx=on,"
      "smx=on,est=on,tm2=on,xtpr=on,pdcm=on,f16c=on,rdrand=on,pdpe1gb=on,abm=on,lahf-lm=on",
      0, NULL },
    { "maximum", DOMAIN("qemu", "<cpu mode='maximum'/>"), "max,migratable=on", 0, NULL },
    { "passthrough-tcg", DOMAIN("qemu", "<cpu mode='host-passthrough'/>"), NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "CPU mode 'host-passthrough' for x86_64 qemu domain on" },
    { "partial-missing",
      DOMAIN("kvm", "<cpu check='partial'><model>Haswell</model>"
                    "<feature name='avx512f' policy='require'/></cpu>"),
      NULL, VIRTCPU_ERR_CPU_INCOMPATIBLE, "avx512f" },
    { "partial-forbidden",
      DOMAIN("kvm", "<cpu check='partial'><model>Haswell</model>"
                    "<feature name='vmx' policy='forbid'/></cpu>"),
      NULL, VIRTCPU_ERR_CPU_INCOMPATIBLE, "vmx" },
    { "partial-vendor",
      DOMAIN("kvm", "<cpu check='partial'><model>Haswell</model><vendor>AMD</vendor></cpu>"), NULL,
      VIRTCPU_ERR_CPU_INCOMPATIBLE, "vendor" },
    { "none-missing",
      DOMAIN("kvm", "<cpu check='none'><model>Haswell</model>"
                    "<feature name='avx512f' policy='require'/></cpu>"),
      "Haswell,avx512f=on", 0, NULL },
    { "spellings",
      DOMAIN("qemu", "<features><apic eoi='on'/><pvspinlock state='on'/></features>"
                     "<cpu check='none'><model>Haswell</model>"
                     "<feature name='pclmuldq' policy='require'/>"
                     "<feature name='tsc_adjust' policy='require'/>"
                     "<feature name='nodeid_msr' policy='force'/></cpu>"),
      "Haswell,pclmulqdq=on,tsc-adjust=on,nodeid-msr=on,kvm-pv-eoi=on,kvm-pv-unhalt=on", 0, NULL },
    { "gone-disabled",
      DOMAIN("kvm", "<cpu check='none'><model>core2duo</model>"
                    "<feature name='pconfig' policy='disable'/></cpu>"),
      "core2duo", 0, NULL },
    { "gone-required",
      DOMAIN("kvm", "<cpu check='none'><model>core2duo</model>"
                    "<feature name='pconfig' policy='require'/></cpu>"),
      NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "has no CPU feature 'pconfig'" },
    { "unknown-model", DOMAIN("kvm", "<cpu check='none'><model>Nothing</model></cpu>"), NULL,
      VIRTCPU_ERR_INTERNAL_ERROR, "Nothing" },
    { "unknown-feature",
      DOMAIN("kvm", "<cpu check='none'><model>Haswell</model>"
                    "<feature name='nothing' policy='disable'/></cpu>"),
      NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "nothing" },
};

static void
test_own(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *value = test_cpu_argument(cases[i].xml, &error);

        g_test_message("%s", cases[i].label);
        g_assert_cmpstr(value, ==, cases[i].value);
        if (cases[i].value) {
            g_assert_no_error(error);
            continue;
        }
        g_assert_error(error, VIRTCPU_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].words));
    }
}

/* Models that only QEMU knows: taken as they are, or refused where their features would be needed.
 */
static const struct {
    VirtCpuArch arch;
    const char *cpu;
    int code; /* 0: taken */
} unmapped_rows[] = {
    { VIRTCPU_ARCH_S390X, "<cpu match='exact'><model>z14</model></cpu>", 0 },
    { VIRTCPU_ARCH_S390X, "<cpu match='minimum'><model>z14</model></cpu>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { VIRTCPU_ARCH_AARCH64,
      "<cpu match='exact'><model>max</model><feature name='sve' policy='optional'/></cpu>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { VIRTCPU_ARCH_RISCV64, "<cpu mode='host-model'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { VIRTCPU_ARCH_MIPS, "<cpu match='exact'><model>24Kf</model></cpu>", 0 },
};

static void
test_unmapped(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(unmapped_rows); i++) {
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_caps_new();
        g_autoptr(VirtCpuDef) cpu = NULL;
        g_autoptr(GError) error = NULL;
        gboolean good;

        caps->models = g_ptr_array_new();
        def->arch = unmapped_rows[i].arch;
        def->cpu = virtcpu_def_parse(unmapped_rows[i].cpu, VIRTCPU_DEF_GUEST, &error);
        g_assert_no_error(error);
        good = virtcpu_qemu_cpu_resolve(def, caps, &cpu, &error);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, unmapped_rows[i].code);
        g_assert_true(good == (error == NULL));
        g_assert_cmpstr(cpu != NULL ? cpu->model : NULL, ==, good ? def->cpu->model : NULL);
    }
}

/* ---- ppc64: host-model is the host ---- */

static const struct {
    const char *cpu;
    const char *model; /* that is left to say a generation; NULL: none or refused */
    const char *words; /* of the refusal; NULL: none */
} power_rows[] = {
    { "<cpu mode='host-model'/>", NULL, NULL },
    { "<cpu mode='host-model'><model>power8</model></cpu>", "power8", NULL },
    { "<cpu mode='host-model'><model>power7</model></cpu>", "power7", NULL },
    { "<cpu mode='host-model'><model>power9</model></cpu>", NULL, "older than" },
    { "<cpu mode='host-model'><model>power99</model></cpu>", NULL, "Unknown compatibility mode" },
};

static void
test_power(void)
{
    g_autoptr(VirtCpuDef) host = virtcpu_def_new(VIRTCPU_DEF_HOST);

    host->arch = VIRTCPU_ARCH_PPC64LE;
    host->model = g_strdup("POWER8");
    for (gsize i = 0; i < G_N_ELEMENTS(power_rows); i++) {
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_caps_new();
        g_autoptr(VirtCpuDef) cpu = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *argument = NULL;
        VirtCpuArgsInput input;

        caps->models = g_ptr_array_new();
        caps->arch = def->arch = VIRTCPU_ARCH_PPC64;
        caps->virt_type = VIRTCPU_VIRT_KVM;
        virtcpu_qemu_caps_adopt_host(caps, host);
        g_assert_cmpstr(caps->host_model->model, ==, "POWER8");
        def->cpu = virtcpu_def_parse(power_rows[i].cpu, VIRTCPU_DEF_GUEST, &error);
        g_assert_no_error(error);
        if (power_rows[i].words != NULL) {
            g_assert_false(virtcpu_qemu_cpu_resolve(def, caps, &cpu, &error));
            g_assert_nonnull(strstr(error->message, power_rows[i].words));
            continue;
        }
        g_assert_true(virtcpu_qemu_cpu_resolve(def, caps, &cpu, &error));
        g_assert_cmpstr(cpu->model, ==, power_rows[i].model);
        input = (VirtCpuArgsInput){ .def = def, .caps = caps, .cpu = cpu };
        argument = virtcpu_args_cpu(&input, &error);
        g_assert_cmpstr(argument, ==, "host");
    }
}

/* TCG has no host, and a host of another architecture is none to a guest. */
static void
test_power_without_host(void)
{
    g_autoptr(VirtCpuDef) host = virtcpu_def_new(VIRTCPU_DEF_HOST);
    g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_caps_new();

    host->arch = VIRTCPU_ARCH_PPC64;
    host->model = g_strdup("POWER8");
    caps->arch = VIRTCPU_ARCH_PPC64;
    caps->virt_type = VIRTCPU_VIRT_QEMU;
    virtcpu_qemu_caps_adopt_host(caps, host);
    g_assert_null(caps->host_model);
    caps->virt_type = VIRTCPU_VIRT_KVM;
    virtcpu_qemu_caps_adopt_host(caps, NULL);
    host->arch = VIRTCPU_ARCH_X86_64;
    virtcpu_qemu_caps_adopt_host(caps, host);
    g_assert_null(caps->host_model);
}

/* ---- deprecated features ---- */

/* What QEMU calls deprecated is off or on as the definition says, whatever its model has. */
static void
test_deprecated(void)
{
    static const char *const switches[] = { "off", "on" };

    for (gsize i = 0; i < G_N_ELEMENTS(switches); i++) {
        g_autofree char *xml = g_strdup_printf("<cpu match='exact' deprecated_features='%s'>"
                                               "<model>z13-base</model><feature name='te'/></cpu>",
                                               switches[i]);
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_caps_new();
        g_autoptr(VirtCpuDef) cpu = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *argument = NULL;
        VirtCpuArgsInput input = { .def = def, .caps = caps };

        caps->models = g_ptr_array_new();
        caps->machines = virtcpu_qemu_machines_new();
        caps->arch = def->arch = VIRTCPU_ARCH_S390X;
        def->cpu = virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, &error);
        g_assert_no_error(error);
        g_assert_false(virtcpu_domain_complete_cpu(def, caps, &error));
        g_assert_cmpstr(error->message, ==,
                        "toggling deprecated features for CPU model is unsupported");
        g_clear_error(&error);
        caps->deprecated_properties = g_strsplit("bpb te", " ", -1);
        g_assert_true(virtcpu_domain_complete_cpu(def, caps, &error));
        g_assert_true(virtcpu_qemu_cpu_resolve(def, caps, &cpu, &error));
        input.cpu = cpu;
        argument = virtcpu_args_cpu(&input, &error);
        g_assert_cmpstr(argument, ==, i == 0 ? "z13-base,te=off,bpb=off" : "z13-base,te=on,bpb=on");
        g_assert_cmpint(cpu->deprecated_features, ==, VIRTCPU_TRISTATE_ABSENT);
    }
}

/* What QEMU itself says is missing is refused with a sentence for the layer that lacks it. */
static const struct {
    VirtCpuVirtType virt_type;
    gboolean host_known;
    const char *words;
} refusals[] = {
    { VIRTCPU_VIRT_QEMU, TRUE,
      "Host CPU does not provide required features: avx2, avx512f. QEMU's TCG does not emulate: "
      "avx2,avx512f; disable it in <cpu>, " },
    { VIRTCPU_VIRT_KVM, TRUE, ". The CPU of this host lacks: avx2,avx512f; " },
    { VIRTCPU_VIRT_KVM, FALSE,
      ". QEMU, its accelerator or its interrupt controller does not give: " },
};

static void
test_refusal(gconstpointer data)
{
    const gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(VirtCpuData) nothing = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);
    const VirtCpuHost host = { .cpu_data = nothing, .kvm_data = nothing };
    g_autoptr(VirtCpuQemuCaps) caps = test_x86_caps_new(refusals[i].virt_type);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuDef) cpu = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuHvModel *model = (VirtCpuHvModel *)(gsize)virtcpu_qemu_caps_model(caps, "Haswell");

    model->usable = VIRTCPU_TRISTATE_NO;
    model->blockers = g_new0(char *, 2);
    model->blockers[0] = g_ref_string_new("avx2");
    caps->max_model = virtcpu_json_parse("{\"name\":\"max\",\"props\":{}}", -1, &error);
    g_assert_no_error(error);
    def->arch = VIRTCPU_ARCH_X86_64;
    def->virt_type = refusals[i].virt_type;
    def->cpu = virtcpu_def_parse("<cpu mode='custom' match='exact' check='partial'>"
                                 "<model>Haswell</model><feature policy='require' name='avx512f'/>"
                                 "</cpu>",
                                 VIRTCPU_DEF_GUEST, &error);
    g_assert_no_error(error);
    g_assert_false(virtcpu_qemu_cpu_resolve_on(refusals[i].host_known ? &host : NULL, def, caps,
                                               &cpu, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CPU_INCOMPATIBLE);
    g_assert_nonnull(strstr(error->message, refusals[i].words));
    g_assert_true(
        g_str_has_suffix(error->message, "With check='none' the guest runs without them"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-resolve/unmapped", test_unmapped);
    g_test_add_func("/cpu-resolve/own", test_own);
    g_test_add_func("/cpu-resolve/power", test_power);
    g_test_add_func("/cpu-resolve/power-without-host", test_power_without_host);
    g_test_add_func("/cpu-resolve/deprecated", test_deprecated);
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *name = g_strdup_printf("/cpu-resolve/refusal/%zu", i);

        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_refusal);
    }
    return g_test_run();
}
