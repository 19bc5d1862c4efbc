/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents cut short and bytes changed at random: read, or refused with an error of ours; what was
 * read can be written and decoded. The seed is printed; --seed repeats a run. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

#define ROUNDS 3000

static const char cpudata[] =
    "<cpudata arch='x86'>\n"
    "  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x0000000b' ebx='0x756e6547' "
    "ecx='0x6c65746e' edx='0x49656e69'/>\n"
    "  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x00020652' ebx='0x01100800' "
    "ecx='0x0298e3ff' edx='0xbfebfbff'/>\n"
    "  <cpuid eax_in='0x80000001' eax='0' ebx='0' ecx='0x1' edx='0x28100800'/>\n"
    "  <msr index='0x10a' edx='0x00000000' eax='0x00000003'/>\n"
    "</cpudata>\n";

static const char expansion[] =
    "{\"name\":\"base\",\"props\":{\"vendor\":\"GenuineIntel\",\"family\":6,\"model\":37,"
    "\"stepping\":2,\"fpu\":true,\"vme\":true,\"pse\":true,\"sse4_1\":true,\"xd\":false}}";

static const char definitions[] =
    "[{\"name\":\"486\",\"typename\":\"486-x86_64-cpu\",\"unavailable-features\":[\"vme\"]},"
    "{\"name\":\"qemu64\",\"alias-of\":\"qemu64-v1\",\"deprecated\":false}]";

static void
assert_ours(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == VIRTCPU_ERROR);
    g_assert_cmpstr(error->message, !=, "");
}

static void
use_data(const VirtCpuData *data)
{
    static const VirtCpuDefType types[] = { VIRTCPU_DEF_HOST, VIRTCPU_DEF_GUEST };
    g_autofree char *xml = virtcpu_cpu_data_format(data);

    g_assert_true(g_str_has_prefix(xml, "<cpudata arch='x86'>\n"));
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        const VirtCpuDecodeOptions options = { .type = types[i] };
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDef) def = virtcpu_cpu_decode(data, &options, &error);

        g_assert_true((def == NULL) == (error != NULL));
    }
}

static void
try_cpudata(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_parse(text, &error);

    if (data == NULL) {
        assert_ours(error);
    } else {
        use_data(data);
    }
}

static void
try_expansion(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, &error);
    g_autoptr(VirtCpuData) data = NULL;

    if (json != NULL) {
        data = virtcpu_cpu_data_from_expansion(VIRTCPU_ARCH_X86_64, json, &error);
    }
    if (data == NULL) {
        assert_ours(error);
    } else {
        use_data(data);
    }
}

static void
try_definitions(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, &error);
    g_autoptr(GPtrArray) models = NULL;

    if (json != NULL) {
        models = virtcpu_hv_models_from_json(json, &error);
    }
    if (models == NULL) {
        assert_ours(error);
    }
}

static const struct {
    const char *name;
    const char *text;
    void (*try)(const char *text);
} inputs[] = {
    { "cpudata", cpudata, try_cpudata },
    { "expansion", expansion, try_expansion },
    { "definitions", definitions, try_definitions },
};

static void
test_cut(gconstpointer data)
{
    const guint input = GPOINTER_TO_UINT(data);

    for (gsize length = 0; length <= strlen(inputs[input].text); length++) {
        g_autofree char *text = g_strndup(inputs[input].text, length);

        inputs[input].try(text);
    }
}

static void
test_changed(gconstpointer data)
{
    const guint input = GPOINTER_TO_UINT(data);
    const gint32 length = (gint32)strlen(inputs[input].text);

    for (int round = 0; round < ROUNDS; round++) {
        g_autofree char *text = g_strdup(inputs[input].text);

        for (int changes = g_test_rand_int_range(1, 5); changes > 0; changes--) {
            text[g_test_rand_int_range(0, length)] = (char)g_test_rand_int_range(1, 128);
        }
        inputs[input].try(text);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(inputs); i++) {
        g_autofree char *cut = g_strdup_printf("/cpu/torn/cut/%s", inputs[i].name);
        g_autofree char *changed = g_strdup_printf("/cpu/torn/changed/%s", inputs[i].name);

        g_test_add_data_func(cut, GUINT_TO_POINTER(i), test_cut);
        g_test_add_data_func(changed, GUINT_TO_POINTER(i), test_changed);
    }
    return g_test_run();
}
