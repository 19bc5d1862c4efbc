/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long the algebra takes in this process: no daemon, no XML. bench-cpu [ROW] */
#include "drivers/cpu/cpu.h"
#include "tests/bench/measure.h"

#define ARCH VIRTCPU_ARCH_X86_64
#define SEED 20

/* One prepared question. */
typedef struct {
    VirtCpu *host, *guest;
    VirtCpuDef *host_def, *guest_def;
    VirtCpuData *data;
    GPtrArray *cpus; /* of VirtCpuDef, as hosts */
} Question;

static const char *const host_models[] = { "Haswell-noTSX-IBRS",  "Broadwell-IBRS",
                                           "Skylake-Server-IBRS", "Cascadelake-Server-noTSX",
                                           "Icelake-Server",      "SapphireRapids" };
static const char *const extra_features[] = { "vmx",    "ss",      "ht",  "invtsc", "pdcm",
                                              "dtes64", "monitor", "tm2", "xtpr",   "pdpe1gb" };

static VirtCpuDef *
new_host(GRand *random)
{
    VirtCpuDef *def = virtcpu_def_new(VIRTCPU_DEF_HOST);

    def->arch = ARCH;
    def->model =
        g_strdup(host_models[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(host_models))]);
    def->vendor = g_strdup("Intel");
    for (gsize i = 0; i < G_N_ELEMENTS(extra_features); i++) {
        if (g_rand_boolean(random)) {
            virtcpu_def_set_feature(def, extra_features[i], VIRTCPU_POLICY_REQUIRE);
        }
    }
    return def;
}

static VirtCpuDef *
new_guest(const char *model)
{
    VirtCpuDef *def = virtcpu_def_new(VIRTCPU_DEF_GUEST);

    def->mode = VIRTCPU_MODE_CUSTOM;
    def->model = g_strdup(model);
    virtcpu_def_set_feature(def, "aes", VIRTCPU_POLICY_REQUIRE);
    return def;
}

static VirtCpu *
resolve(const VirtCpuDef *def)
{
    g_autoptr(GError) error = NULL;
    VirtCpu *cpu = virtcpu_cpu_new(ARCH, def, &error);

    g_assert_no_error(error);
    return cpu;
}

static void
compare(gpointer data)
{
    const Question *question = data;

    g_assert_cmpint(virtcpu_cpu_compare(question->host, question->guest, NULL), ==,
                    VIRTCPU_COMPARE_SUPERSET);
}

static void
compare_defs(gpointer data)
{
    const Question *question = data;

    g_assert_cmpint(virtcpu_cpu_compare_defs(question->host_def, question->guest_def, FALSE, NULL),
                    ==, VIRTCPU_COMPARE_SUPERSET);
}

static void
baseline(gpointer data)
{
    const Question *question = data;
    const VirtCpuBaselineOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) result = virtcpu_cpu_baseline(ARCH, question->cpus, &options, &error);

    g_assert_no_error(error);
}

static void
decode(gpointer data)
{
    const Question *question = data;
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_HOST };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_cpu_decode(question->data, &options, &error);

    g_assert_no_error(error);
}

static void
bench_compare(const Measure *measure, GRand *random)
{
    Question question = { .host_def = new_host(random), .guest_def = new_guest("Westmere") };

    question.host = resolve(question.host_def);
    question.guest = resolve(question.guest_def);
    measure_run(measure, "compare", 1, compare, &question);
    measure_run(measure, "compare, from definitions", 1, compare_defs, &question);
    virtcpu_cpu_free(question.host);
    virtcpu_cpu_free(question.guest);
    virtcpu_def_free(question.host_def);
    virtcpu_def_free(question.guest_def);
}

/* A row for the whole, and one for each CPU's share: what grows with the number is seen in it. */
static void
bench_baseline(const Measure *measure, GRand *random, guint count)
{
    g_autofree char *whole = g_strdup_printf("baseline of %u", count);
    g_autofree char *share = g_strdup_printf("baseline of %u, each CPU", count);
    Question question = { 0 };

    question.cpus = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);
    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(question.cpus, new_host(random));
    }
    measure_run(measure, whole, 1, baseline, &question);
    measure_run(measure, share, count, baseline, &question);
    g_ptr_array_unref(question.cpus);
}

static void
bench_decode(const Measure *measure, GRand *random)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) host = new_host(random);
    Question question = { .data = virtcpu_cpu_encode(ARCH, host, &error) };

    g_assert_no_error(error);
    measure_run(measure, "decode", 1, decode, &question);
    virtcpu_cpu_data_free(question.data);
}

int
main(int argc, char **argv)
{
    GRand *random = g_rand_new_with_seed(SEED);
    Measure measure;

    measure_init(&measure, argc > 1 ? argv[1] : NULL);
    bench_compare(&measure, random);
    bench_baseline(&measure, random, 2);
    bench_baseline(&measure, random, 200);
    bench_baseline(&measure, random, 2000);
    bench_baseline(&measure, random, 100000);
    bench_decode(&measure, random);
    measure_clear(&measure);
    g_rand_free(random);
    return 0;
}
