/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changes between two places, judged from small capabilities and matrices. */
#include "drivers/qemu/drift-answer.h"
#include "drivers/qemu/drift.h"
#include "tests/unit/caps.h"

#include <string.h>

#define CAPS                                                                                       \
    "{\"binary\":\"/q/%s\",\"virt-type\":\"qemu\",\"version\":{\"qemu\":{\"major\":7,\"minor\":2," \
    "\"micro\":0},\"package\":\"\"},\"target\":{\"arch\":\"x86_64\"},\"kvm\":{\"present\":true,"   \
    "\"enabled\":false},\"machines\":[{\"name\":\"old\",\"cpu-max\":1,\"hotpluggable-cpus\":true," \
    "\"numa-mem-supported\":false,\"deprecated\":false}],\"models\":[{\"name\":\"Westmere\","      \
    "\"typename\":\"Westmere-x86_64-cpu\",\"unavailable-features\":[%s],\"static\":false,"         \
    "\"migration-safe\":true}%s],\"commands\":[],\"devices\":[],\"max-model\":{\"name\":\"max\","  \
    "\"props\":{\"aes\":true,\"avx\":%s}}}"

#define SECOND                                                                                     \
    ",{\"name\":\"max\",\"typename\":\"max-x86_64-cpu\",\"unavailable-features\":[],"              \
    "\"static\":false,\"migration-safe\":false}"

/* Capabilities of binary @name where @blockers stand in the way of Westmere. */
static VirtCpuQemuCaps *
make_caps(const char *name, const char *blockers, const char *models, const char *avx)
{
    g_autofree char *text = g_strdup_printf(CAPS, name, blockers, models, avx);

    return test_caps_parse(text);
}

static VirtCpuJson *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    VirtCpuJson *json = virtcpu_json_parse(text, -1, &error);

    g_assert_no_error(error);
    return json;
}

/* How a CPU with @after differs from one with @before, as one line of JSON. */
static char *
compare(const char *before, const char *after)
{
    g_auto(VirtCpuDriftCpu) left = { .there = TRUE, .props = parse(before) };
    g_auto(VirtCpuDriftCpu) right = { .there = TRUE, .props = parse(after) };
    g_autoptr(VirtCpuJson) json = virtcpu_drift_compare(VIRTCPU_ARCH_X86_64, "c", &left, &right);

    return virtcpu_json_format(json, FALSE);
}

typedef struct {
    const char *label;
    const char *before, *after;
    const char *members; /* between "drift" and "runs" */
    gboolean drift;
} Row;

static const Row rows[] = {
    { "equal", "{\"aes\":true,\"level\":11}", "{\"level\":11,\"aes\":true}", "", FALSE },
    { "gained", "{\"aes\":false}", "{\"aes\":true}", "\"gained\":[\"aes\"],", TRUE },
    { "lost", "{\"aes\":true}", "{\"aes\":false}", "\"lost\":[\"aes\"],", TRUE },
    { "two spellings", "{\"sse4.1\":true,\"sse4-1\":true}", "{\"sse4.1\":false,\"sse4-1\":false}",
      "\"lost\":[\"sse4.1\"],", TRUE },
    { "a property that came, and does nothing", "{}", "{\"aes\":false,\"x-new\":0,\"t\":\"\"}", "",
      FALSE },
    { "a property that came", "{}", "{\"x-new\":7}", "\"other\":{\"x-new\":[null,7]},", TRUE },
    { "a feature that went", "{\"aes\":true}", "{}", "\"lost\":[\"aes\"],", TRUE },
    { "identity", "{\"stepping\":1}", "{\"stepping\":2}", "\"identity\":{\"stepping\":[1,2]},",
      TRUE },
    { "caches", "{\"l3-cache\":false}", "{\"l3-cache\":true}",
      "\"caches\":{\"l3-cache\":[false,true]},", TRUE },
    { "knob", "{\"cpuid-0xb\":false}", "{\"cpuid-0xb\":true}",
      "\"other\":{\"cpuid-0xb\":[false,true]},", TRUE },
};

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *text = compare(row->before, row->after);
    g_autofree char *expected =
        g_strdup_printf("{\"name\":\"c\",\"drift\":%s,%s\"runs\":[null,null]}",
                        row->drift ? "true" : "false", row->members);

    g_assert_cmpstr(text, ==, expected);
}

/* Where the map has no features every switch is one. */
static void
test_other_arch(void)
{
    g_auto(VirtCpuDriftCpu) left = { .there = TRUE, .props = parse("{\"sve\":false}") };
    g_auto(VirtCpuDriftCpu) right = { .there = TRUE, .props = parse("{\"sve\":true}") };
    g_autoptr(VirtCpuJson) json = virtcpu_drift_compare(VIRTCPU_ARCH_S390X, "c", &left, &right);

    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(json, "gained")), ==, 1);
}

/* The document about a change between two recordings. */
static VirtCpuJson *
answer(VirtCpuQemuCaps *before, VirtCpuQemuCaps *after, const char *const *models, GError **error)
{
    const VirtCpuDriftWish wish = {
        .before = { before, NULL, TRUE },
        .after = { after, NULL, TRUE },
        .models = models,
    };

    return virtcpu_drift_answer(NULL, &wish, error);
}

/* A new microcode takes aes away and brings avx: Westmere stops, the largest CPU changes. */
static void
test_recordings(void)
{
    g_autoptr(VirtCpuQemuCaps) before = make_caps("a", "", SECOND, "false");
    g_autoptr(VirtCpuQemuCaps) after = make_caps("a", "\"aes\"", SECOND, "true");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = answer(before, after, NULL, &error);
    const VirtCpuJson *cpus = virtcpu_json_get(json, "cpus");
    gint64 number = 0;

    g_assert_no_error(error);
    g_assert_cmpuint(virtcpu_json_size(cpus), ==, 2);
    g_assert_true(virtcpu_json_get_int(json, "stopped", &number));
    g_assert_cmpint(number, ==, 1);
    g_assert_true(virtcpu_json_get_int(json, "drifting", &number));
    g_assert_cmpint(number, ==, 2);
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(virtcpu_json_at(cpus, 0), "new-blockers")),
                     ==, 1);
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(virtcpu_json_at(cpus, 1), "gained")), ==,
                     1);
}

/* A model that only one side has; the other is the same. */
static void
test_models(void)
{
    const char *const unknown[] = { "Westmere", "Bogus", NULL };
    g_autoptr(VirtCpuQemuCaps) before = make_caps("a", "", "", "true");
    g_autoptr(VirtCpuQemuCaps) after = make_caps("b", "", SECOND, "true");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = answer(before, after, NULL, &error);
    const VirtCpuJson *cpu = virtcpu_json_at(virtcpu_json_get(json, "cpus"), 1);

    g_assert_no_error(error);
    g_assert_cmpstr(virtcpu_json_get_string(cpu, "name"), ==, "max");
    g_assert_cmpstr(virtcpu_json_get_string(cpu, "only"), ==, "after");
    g_assert_null(answer(before, after, unknown, &error));
    g_assert_nonnull(strstr(error->message, "Bogus"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/drift/compare/%s", rows[i].label);

        g_test_add_data_func(name, &rows[i], test_row);
    }
    g_test_add_func("/drift/other-arch", test_other_arch);
    g_test_add_func("/drift/recordings", test_recordings);
    g_test_add_func("/drift/models", test_models);
    return g_test_run();
}
