/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in the way of an arriving guest, layer by layer, judged from small capabilities: none
 * of this machine's QEMUs is asked. */
#include "conf/error.h"
#include "drivers/qemu/arrival.h"
#include "tests/unit/caps.h"

#include <string.h>

#define CAPS                                                                                       \
    "{\"binary\":\"/q/qemu\",\"virt-type\":\"%s\",\"version\":{\"qemu\":{\"major\":7,\"minor\":2," \
    "\"micro\":0},\"package\":\"\"},\"target\":{\"arch\":\"x86_64\"},\"kvm\":{\"present\":true,"   \
    "\"enabled\":true},\"machines\":[{\"name\":\"pc-7\",\"alias\":\"pc\",\"cpu-max\":8,"           \
    "\"hotpluggable-cpus\":true,\"numa-mem-supported\":false,\"deprecated\":false},"               \
    "{\"name\":\"pc-8\",\"cpu-max\":8,\"hotpluggable-cpus\":true,\"numa-mem-supported\":false,"    \
    "\"deprecated\":false}],\"models\":[{\"name\":\"Westmere\",\"typename\":"                      \
    "\"Westmere-x86_64-cpu\",\"unavailable-features\":[],\"static\":false,"                        \
    "\"migration-safe\":true}],\"commands\":[],\"devices\":[],\"properties\":[\"aes\",\"avx\","    \
    "\"invtsc\",\"pku\",\"spec-ctrl\"],\"max-model\":{\"name\":\"max\",\"props\":{\"aes\":true,"   \
    "\"invtsc\":true,\"avx\":false}}}"

#define DOMAIN                                                                                     \
    "<domain type='%s'><name>d</name><memory>65536</memory><vcpu>1</vcpu><os><type arch='%s' "     \
    "machine='%s'>hvm</type></os>%s</domain>"

#define CPU  "<cpu mode='custom' match='exact' check='full'><model>Westmere</model></cpu>"
#define HOST "<cpu mode='host-passthrough' check='none'/>"

/* The facts that the guest comes from. */
#define FACTS "build-id=ab\nmicrocode=1\ncpuid=x\nkvm-cpuid=y\n"

typedef struct {
    const char *label;
    const char *kind, *machine, *cpu; /* of the definition */
    const char *passport_machine;     /* NULL: it has no passport */
    const char *feature;              /* that the guest has; or NULL */
    gboolean on_host;                 /* the host's CPU has it; its KVM never does */
    const char *facts;                /* of the place */
    const char *name;                 /* of the obstacle; NULL: there is none */
    VirtCpuLayer layer;
    const char *words; /* in evidence or remedy */
} Row;

static const Row rows[] = {
    { "nothing", "qemu", "pc-7", CPU, "pc-7", "aes", FALSE, FACTS, NULL, 0, NULL },
    { "an alias", "qemu", "pc", CPU, "pc-7", "aes", FALSE, FACTS, NULL, 0, NULL },
    { "without a passport", "kvm", "pc-7", CPU, NULL, NULL, FALSE, FACTS, "fpu", 0, NULL },
    { "hardware", "kvm", "pc-7", CPU, "pc-7", "avx", FALSE, FACTS, "avx", VIRTCPU_LAYER_HARDWARE,
      "CPUID 0x1.0 ECX bit 28 is 0" },
    { "microcode", "kvm", "pc-7", CPU, "pc-7", "spec-ctrl", FALSE, FACTS, "spec-ctrl",
      VIRTCPU_LAYER_MICROCODE, "microcode" },
    { "KVM", "kvm", "pc-7", CPU, "pc-7", "pku", TRUE, FACTS, "pku", VIRTCPU_LAYER_KVM,
      "KVM_GET_SUPPORTED_CPUID" },
    { "TCG", "qemu", "pc-7", CPU, "pc-7", "avx", FALSE, FACTS, "avx", VIRTCPU_LAYER_TCG,
      "does not emulate" },
    { "QEMU has no name for it", "qemu", "pc-7", CPU, "pc-7", "amx-tile", FALSE, FACTS, "amx-tile",
      VIRTCPU_LAYER_QEMU, "has no property" },
    { "machine type", "qemu", "pc-6", CPU, "pc-6", "aes", FALSE, FACTS, "machine",
      VIRTCPU_LAYER_MACHINE, "no machine type 'pc-6'" },
    { "another machine type", "qemu", "pc-8", CPU, "pc-7", "aes", FALSE, FACTS, "machine",
      VIRTCPU_LAYER_MACHINE, "'pc-8'" },
    { "policy", "qemu", "pc-7", CPU, "pc-7", "invtsc", FALSE, FACTS, "invtsc", VIRTCPU_LAYER_POLICY,
      "cannot migrate" },
    { "the same host", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE, FACTS, NULL, 0, NULL },
    { "another processor", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE,
      "build-id=ab\nmicrocode=1\ncpuid=z\nkvm-cpuid=y\n", "host-passthrough",
      VIRTCPU_LAYER_HARDWARE, "identical host" },
    { "another microcode", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE,
      "build-id=ab\nmicrocode=2\ncpuid=x\nkvm-cpuid=y\n", "host-passthrough",
      VIRTCPU_LAYER_MICROCODE, "'2'" },
    { "another KVM", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE,
      "build-id=ab\nmicrocode=1\ncpuid=x\nkvm-cpuid=z\n", "host-passthrough", VIRTCPU_LAYER_KVM,
      "KVM" },
    { "another QEMU", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE,
      "build-id=cd\nmicrocode=1\ncpuid=x\nkvm-cpuid=y\n", "host-passthrough", VIRTCPU_LAYER_QEMU,
      "build ID" },
    { "an unknown host", "kvm", "pc-7", HOST, "pc-7", "aes", FALSE, NULL, "host-passthrough",
      VIRTCPU_LAYER_HARDWARE, "not known" },
};

static VirtCpuQemuCaps *
make_caps(const char *kind)
{
    g_autofree char *text = g_strdup_printf(CAPS, kind);

    return test_caps_parse(text);
}

static VirtCpuDomainDef *
make_def(const char *kind, const char *arch, const char *machine, const char *cpu)
{
    g_autofree char *xml = g_strdup_printf(DOMAIN, kind, arch, machine, cpu);
    g_autoptr(GError) error = NULL;
    VirtCpuDomainDef *def = virtcpu_domain_def_parse(xml, FALSE, &error);

    g_assert_no_error(error);
    return def;
}

static VirtCpuData *
make_data(const char *feature)
{
    VirtCpuData *data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);

    if (feature != NULL) {
        g_assert_true(virtcpu_cpu_data_add_feature(data, feature));
    }
    return data;
}

static VirtCpuPassport *
make_passport(const VirtCpuDomainDef *def, const char *machine, const char *feature)
{
    VirtCpuPassport *passport = virtcpu_passport_new();

    passport->arch = def->arch;
    passport->virt_type = def->virt_type;
    passport->machine = g_strdup(machine);
    passport->facts = g_strdup(FACTS);
    passport->cpu = virtcpu_def_copy(def->cpu);
    passport->features = make_data(feature);
    return passport;
}

/* The obstacle called @name, or NULL. */
static const VirtCpuExplanation *
find(const VirtCpuArrival *arrival, const char *name)
{
    for (guint i = 0; i < arrival->obstacles->len; i++) {
        const VirtCpuExplanation *obstacle = g_ptr_array_index(arrival->obstacles, i);

        if (g_str_equal(obstacle->feature, name)) {
            return obstacle;
        }
    }
    return NULL;
}

static void
assert_obstacle(const Row *row, const VirtCpuArrival *arrival)
{
    const VirtCpuExplanation *obstacle = find(arrival, row->name);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(obstacle);
    g_assert_false(virtcpu_arrival_check(arrival, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CPU_INCOMPATIBLE);
    g_assert_nonnull(strstr(error->message, row->name));
    if (row->words != NULL) {
        g_assert_cmpint(obstacle->layer, ==, row->layer);
        g_assert_true(strstr(obstacle->evidence, row->words) != NULL ||
                      strstr(obstacle->remedy, row->words) != NULL);
    }
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(VirtCpuQemuCaps) caps = make_caps(row->kind);
    g_autoptr(VirtCpuDomainDef) def = make_def(row->kind, "x86_64", row->machine, row->cpu);
    g_autoptr(VirtCpuPassport) passport =
        row->passport_machine != NULL ? make_passport(def, row->passport_machine, row->feature)
                                      : NULL;
    g_autoptr(VirtCpuData) on_host = make_data(row->on_host ? row->feature : NULL);
    g_autoptr(VirtCpuData) in_kvm = make_data(NULL);
    g_autofree char *kernel = g_strdup("6.1");
    const VirtCpuHost host = { .kernel = kernel, .cpu_data = on_host, .kvm_data = in_kvm };
    const VirtCpuArrivalPlace place = { .host = &host, .caps = caps, .facts = row->facts };
    g_auto(VirtCpuArrival) arrival = { 0 };
    g_autoptr(VirtCpuJson) json = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_arrival_judge_at(&place, def, passport, &arrival, &error));
    g_assert_no_error(error);
    json = virtcpu_arrival_to_json(&arrival);
    g_assert_cmpint(virtcpu_json_get_bool(json, "possible", FALSE), ==, row->name == NULL);
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(json, "obstacles")), ==,
                     arrival.obstacles->len);
    if (row->name != NULL) {
        assert_obstacle(row, &arrival);
        return;
    }
    g_assert_cmpuint(arrival.obstacles->len, ==, 0);
    g_assert_true(virtcpu_arrival_check(&arrival, &error));
    g_assert_cmpstr(virtcpu_json_get_string(json, "proof"), ==, "qemu");
    g_assert_nonnull(virtcpu_json_get_string(json, "unproven"));
}

/* A passport that is about another kind of guest than the definition. */
static void
test_other_guest(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = make_caps("qemu");
    g_autoptr(VirtCpuDomainDef) def = make_def("qemu", "x86_64", "pc-7", CPU);
    g_autoptr(VirtCpuPassport) passport = make_passport(def, "pc-7", "aes");
    const VirtCpuArrivalPlace place = { .caps = caps };
    g_auto(VirtCpuArrival) kvm = { 0 };
    g_auto(VirtCpuArrival) arch = { 0 };
    g_autoptr(GError) error = NULL;

    passport->virt_type = VIRTCPU_VIRT_KVM;
    g_assert_true(virtcpu_arrival_judge_at(&place, def, passport, &kvm, &error));
    g_assert_nonnull(find(&kvm, "virt-type"));
    passport->virt_type = VIRTCPU_VIRT_QEMU;
    passport->arch = VIRTCPU_ARCH_S390X;
    g_assert_true(virtcpu_arrival_judge_at(&place, def, passport, &arch, &error));
    g_assert_nonnull(find(&arch, "arch"));
}

static void
test_no_qemu(void)
{
    g_autoptr(VirtCpuDomainDef) def = make_def("kvm", "x86_64", "pc-7", CPU);
    g_autoptr(VirtCpuHost) host = virtcpu_host_new();
    g_auto(VirtCpuArrival) without_kvm = { 0 };
    g_auto(VirtCpuArrival) without_qemu = { 0 };

    host->kvm_reason = g_strdup("there is no /dev/kvm");
    virtcpu_arrival_refuse(&without_kvm, host, def, NULL, "gone");
    g_assert_nonnull(find(&without_kvm, "kvm"));
    virtcpu_arrival_refuse(&without_qemu, NULL, def, NULL, "gone");
    g_assert_nonnull(find(&without_qemu, "emulator"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/arrival/%s", rows[i].label);

        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/arrival/other-guest", test_other_guest);
    g_test_add_func("/arrival/no-qemu", test_no_qemu);
    return g_test_run();
}
