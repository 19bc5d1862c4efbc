/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUID and MSRs: reading what others wrote down, good and bad, and QEMU's JSON. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

#define HEAD "<cpudata arch='x86'>\n"
#define LEAF0                                                                                      \
    "  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x0000000b' ebx='0x756e6547' "                \
    "ecx='0x6c65746e' edx='0x49656e69'/>\n"
#define LEAF1                                                                                      \
    "  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x00020652' ebx='0x00000000' "                \
    "ecx='0x00000201' edx='0x00000001'/>\n"
#define MSR  "  <msr index='0x10a' edx='0x00000000' eax='0x00000003'/>\n"
#define TAIL "</cpudata>\n"

static void
test_round_trip(void)
{
    g_autoptr(GError) error = NULL;
    /* written in order of leaves, whatever the order they came in */
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_parse(HEAD MSR LEAF1 LEAF0 TAIL, &error);
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    xml = virtcpu_cpu_data_format(data);
    g_assert_cmpstr(xml, ==, HEAD LEAF0 LEAF1 MSR TAIL);
    g_assert_true(virtcpu_cpu_data_has_feature(data, "pni"));
    g_assert_true(virtcpu_cpu_data_has_feature(data, "ssse3"));
    g_assert_true(virtcpu_cpu_data_has_feature(data, "rdctl-no"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "vmx"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "no-such"));
}

static const struct {
    const char *name;
    const char *xml;
    const char *word; /* in the message */
} bad_rows[] = {
    { "empty", HEAD TAIL, "no x86 CPU data" },
    { "root", "<cpu/>", "cpudata" },
    { "no-arch", "<cpudata>" LEAF0 TAIL, "line 1" },
    { "arch", "<cpudata arch='s390x'>" LEAF0 TAIL, "s390x" },
    { "first", HEAD "<cpuid eax='1'/>" LEAF0 LEAF1 TAIL, "line 2" },
    { "middle", HEAD LEAF0 "<cpuid eax_in='0x1g'/>\n" LEAF1 TAIL, "line 3" },
    { "last", HEAD LEAF0 LEAF1 "<msr index='1' eax='0'/>" TAIL, "line 4" },
    { "negative", HEAD "<cpuid eax_in='-1'/>" TAIL, "-1" },
    { "too-big", HEAD "<cpuid eax_in='0x100000000'/>" TAIL, "0x100000000" },
    { "blank", HEAD "<cpuid eax_in=''/>" TAIL, "eax_in" },
    { "other-answer", HEAD LEAF0 "<cpuid eax_in='0' eax='5'/>" TAIL, "line 3" },
    { "other-msr", HEAD MSR "<msr index='0x10a' eax='0' edx='0'/>" TAIL, "line 3" },
    { "element", HEAD LEAF0 "<cpuidx/>" TAIL, "cpuidx" },
    { "cut", HEAD LEAF0 "<cpuid eax_in", "" },
};

static void
test_bad(gconstpointer row)
{
    const char *xml = bad_rows[GPOINTER_TO_UINT(row)].xml;
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_cpu_data_parse(xml, &error));
    g_assert_true(error->domain == VIRTCPU_ERROR);
    g_assert_nonnull(strstr(error->message, bad_rows[GPOINTER_TO_UINT(row)].word));
}

static void
test_repeated(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_parse(HEAD LEAF0 LEAF0 TAIL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(data);
}

static void
test_too_many(void)
{
    g_autoptr(GString) xml = g_string_new(HEAD);
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i <= 4096; i++) {
        g_string_append_printf(xml, "<cpuid eax_in='%u'/>\n", i);
    }
    g_string_append(xml, TAIL);
    g_assert_null(virtcpu_cpu_data_parse(xml->str, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_ERROR);
}

static void
test_built(void)
{
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);
    g_autoptr(VirtCpuData) copy = NULL;

    virtcpu_cpu_data_add_cpuid(data, 7, 0, 0, 1u << 5, 0, 0);
    virtcpu_cpu_data_add_cpuid(data, 1, 0, 0, 0, 0, 0);
    g_assert_true(virtcpu_cpu_data_has_feature(data, "avx2"));
    g_assert_true(virtcpu_cpu_data_add_feature(data, "sse4_2"));
    g_assert_true(virtcpu_cpu_data_has_feature(data, "sse4.2"));
    g_assert_false(virtcpu_cpu_data_add_feature(data, "no-such"));
    g_assert_true(virtcpu_cpu_data_add_feature(data, "vmx-ept"));
    g_assert_true(virtcpu_cpu_data_set_vendor(data, "AuthenticAMD"));
    g_assert_false(virtcpu_cpu_data_set_vendor(data, "Cyrix"));
    copy = virtcpu_cpu_data_copy(data);
    virtcpu_cpu_data_add_cpuid(data, 7, 0, 0, 0, 0, 0);
    g_assert_false(virtcpu_cpu_data_has_feature(data, "avx2"));
    g_assert_true(virtcpu_cpu_data_has_feature(copy, "avx2"));
}

static void
test_no_arch(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_cpu_data_new(VIRTCPU_ARCH_S390X, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
    g_assert_nonnull(strstr(error->message, "s390x"));
}

static VirtCpuData *
from_json(const char *text, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, error);

    return json == NULL ? NULL : virtcpu_cpu_data_from_expansion(VIRTCPU_ARCH_X86_64, json, error);
}

static void
test_expansion(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data =
        from_json("{\"name\":\"base\",\"props\":{\"vendor\":\"GenuineIntel\",\"family\":6,"
                  "\"model\":37,\"stepping\":2,\"sse3\":true,\"xd\":true,\"vmx\":false,"
                  "\"kvm\":true,\"aes\":\"on\"}}",
                  &error);
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_HOST };
    g_autoptr(VirtCpuDef) def = NULL;

    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_data_has_feature(data, "pni"));
    g_assert_true(virtcpu_cpu_data_has_feature(data, "nx"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "vmx"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "aes"));
    /* no model is this small */
    def = virtcpu_cpu_decode(data, &options, &error);
    g_assert_null(def);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

static void
test_expansion_bad(void)
{
    static const char *const texts[] = {
        "[]", "{}", "{\"name\":\"base\"}", "{\"props\":[]}", "{\"props\":{\"sse\":tr", "",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(from_json(texts[i], &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
}

/* Numbers no signature has room for are not taken for another CPU's. */
static void
test_expansion_absurd(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data =
        from_json("{\"props\":{\"vendor\":\"\",\"family\":-6,\"model\":1e9,"
                  "\"stepping\":99999999999}}",
                  &error);
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    xml = virtcpu_cpu_data_format(data);
    g_assert_nonnull(strstr(xml, "eax_in='0x00000001' ecx_in='0x00' eax='0x00000000'"));
}

static void
test_hv_models(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json =
        virtcpu_json_parse("[{\"name\":\"max\",\"typename\":\"max-x86_64-cpu\"},"
                           "{\"name\":\"EPYC\",\"unavailable-features\":[\"npt\",\"svm\"],"
                           "\"alias-of\":\"EPYC-v1\",\"deprecated\":true},"
                           "{\"name\":\"486\",\"unavailable-features\":[]}]",
                           -1, &error);
    g_autoptr(GPtrArray) models = virtcpu_hv_models_from_json(json, &error);
    const VirtCpuHvModel *epyc;

    g_assert_no_error(error);
    g_assert_cmpuint(models->len, ==, 3);
    g_assert_cmpint(((VirtCpuHvModel *)models->pdata[0])->usable, ==, VIRTCPU_TRISTATE_ABSENT);
    epyc = models->pdata[1];
    g_assert_cmpint(epyc->usable, ==, VIRTCPU_TRISTATE_NO);
    g_assert_cmpstr(epyc->blockers[1], ==, "svm");
    g_assert_cmpstr(epyc->canonical, ==, "EPYC-v1");
    g_assert_true(epyc->deprecated);
    g_assert_cmpint(((VirtCpuHvModel *)models->pdata[2])->usable, ==, VIRTCPU_TRISTATE_YES);
    g_assert_null(((VirtCpuHvModel *)models->pdata[2])->blockers);
}

static void
test_hv_models_bad(void)
{
    static const char *const texts[] = { "{}", "[{\"name\":\"a\"},{}]", "[1]", "null" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(VirtCpuJson) json = virtcpu_json_parse(texts[i], -1, NULL);
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_hv_models_from_json(json, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/data/round-trip", test_round_trip);
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/data/bad/%s", bad_rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad);
    }
    g_test_add_func("/cpu/data/repeated", test_repeated);
    g_test_add_func("/cpu/data/too-many", test_too_many);
    g_test_add_func("/cpu/data/built", test_built);
    g_test_add_func("/cpu/data/no-arch", test_no_arch);
    g_test_add_func("/cpu/data/expansion", test_expansion);
    g_test_add_func("/cpu/data/expansion/bad", test_expansion_bad);
    g_test_add_func("/cpu/data/expansion/absurd", test_expansion_absurd);
    g_test_add_func("/cpu/data/hv-models", test_hv_models);
    g_test_add_func("/cpu/data/hv-models/bad", test_hv_models_bad);
    return g_test_run();
}
