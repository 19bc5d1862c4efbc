/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Laws of the algebra, on random CPUs. The seed is printed; --seed repeats a run. */
#include "drivers/cpu/cpu.h"

#define ROUNDS 300

static const VirtCpuArch arch = VIRTCPU_ARCH_X86_64;

/* The maps' names, for drawing from. */
typedef struct {
    const char **models;
    const char **features;
    guint n_models;
    guint n_features;
} Names;

static guint
count(const char **names)
{
    guint n = 0;

    while (names[n] != NULL) {
        n++;
    }
    return n;
}

static void
names_set_up(Names *names, gconstpointer data)
{
    names->models = virtcpu_cpu_model_names(arch, NULL);
    names->features = virtcpu_cpu_feature_names(arch);
    names->n_models = count(names->models);
    names->n_features = count(names->features);
}

static void
names_tear_down(Names *names, gconstpointer data)
{
    g_free(names->models);
    g_free(names->features);
}

static guint
below(guint limit)
{
    return (guint)g_test_rand_int_range(0, (gint32)limit);
}

/* A CPU that some vendor could have made; a guest's policies are drawn too. */
static VirtCpuDef *
draw(const Names *names, VirtCpuDefType type)
{
    VirtCpuDef *def = virtcpu_def_new(type);
    guint n = below(12);
    const char *vendor;

    do {
        g_free(def->model);
        def->model = g_strdup(names->models[below(names->n_models)]);
        vendor = virtcpu_cpu_model_vendor(arch, def->model);
    } while (vendor != NULL && !g_str_equal(vendor, "Intel"));
    def->arch = type == VIRTCPU_DEF_HOST ? arch : VIRTCPU_ARCH_NONE;
    def->vendor = type == VIRTCPU_DEF_HOST ? g_strdup("Intel") : NULL;
    for (guint i = 0; i < n; i++) {
        VirtCpuPolicy policy = type == VIRTCPU_DEF_HOST ? VIRTCPU_POLICY_REQUIRE
                                                        : (VirtCpuPolicy)below(VIRTCPU_POLICY_LAST);

        virtcpu_def_set_feature(def, names->features[below(names->n_features)], policy);
    }
    return def;
}

static VirtCpuCompareResult
compare(const VirtCpuDef *host, const VirtCpuDef *cpu)
{
    g_autoptr(GError) error = NULL;
    VirtCpuCompareResult result = virtcpu_cpu_compare_defs(host, cpu, FALSE, &error);

    g_assert_no_error(error);
    return result;
}

static VirtCpuDef *
join(VirtCpuDef *a, VirtCpuDef *b)
{
    const VirtCpuBaselineOptions options = { 0 };
    g_autoptr(GPtrArray) cpus = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def;

    g_ptr_array_add(cpus, a);
    g_ptr_array_add(cpus, b);
    def = virtcpu_cpu_baseline(arch, cpus, &options, &error);
    g_assert_no_error(error);
    return def;
}

/* @def as a host, so that it can be compared against. */
static VirtCpuDef *
as_host(const VirtCpuDef *def)
{
    g_autoptr(VirtCpuDef) expanded = virtcpu_cpu_expand(arch, def, FALSE, NULL);
    VirtCpuDef *host = virtcpu_def_new(VIRTCPU_DEF_HOST);

    host->arch = arch;
    host->model = g_strdup("486");
    host->vendor = g_strdup("Intel");
    for (guint i = 0; i < expanded->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(expanded->features, i);

        if (feature->policy == VIRTCPU_POLICY_REQUIRE) {
            virtcpu_def_set_feature(host, feature->name, VIRTCPU_POLICY_REQUIRE);
        }
    }
    return host;
}

static void
assert_same_set(const Names *names, const VirtCpuDef *a, const VirtCpuDef *b)
{
    g_autoptr(VirtCpu) left = virtcpu_cpu_new(arch, a, NULL);
    g_autoptr(VirtCpu) right = virtcpu_cpu_new(arch, b, NULL);

    for (guint i = 0; i < names->n_features; i++) {
        gboolean in_left = FALSE;
        gboolean in_right = FALSE;

        g_assert_true(virtcpu_cpu_has_feature(left, names->features[i], &in_left, NULL));
        g_assert_true(virtcpu_cpu_has_feature(right, names->features[i], &in_right, NULL));
        g_assert_cmpint(in_left, ==, in_right);
    }
}

static void
test_baseline_idempotent(Names *names, gconstpointer data)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) a = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) joined = join(a, a);

        assert_same_set(names, a, joined);
    }
}

static void
test_baseline_commutative(Names *names, gconstpointer data)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) a = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) b = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) ab = join(a, b);
        g_autoptr(VirtCpuDef) ba = join(b, a);
        g_autofree char *left = virtcpu_def_to_xml(ab);
        g_autofree char *right = virtcpu_def_to_xml(ba);

        g_assert_cmpstr(left, ==, right);
    }
}

static void
test_baseline_associative(Names *names, gconstpointer data)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) a = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) b = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) c = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) ab = join(a, b);
        g_autoptr(VirtCpuDef) bc = join(b, c);
        g_autoptr(VirtCpuDef) left = join(ab, c);
        g_autoptr(VirtCpuDef) right = join(a, bc);

        assert_same_set(names, left, right);
    }
}

static void
test_baseline_below(Names *names, gconstpointer data)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) a = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) b = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) joined = join(a, b);

        g_assert_cmpint(compare(a, joined), >=, VIRTCPU_COMPARE_IDENTICAL);
        g_assert_cmpint(compare(b, joined), >=, VIRTCPU_COMPARE_IDENTICAL);
    }
}

/* Reflexive, and what is a superset both ways is identical; with c below b below a, c is below a.
 */
static void
test_compare_order(Names *names, gconstpointer data)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) a = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) b = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) joined = join(a, b);
        g_autoptr(VirtCpuDef) low = as_host(joined);

        g_assert_cmpint(compare(a, a), ==, VIRTCPU_COMPARE_IDENTICAL);
        g_assert_true(compare(a, b) != VIRTCPU_COMPARE_SUPERSET ||
                      compare(b, a) == VIRTCPU_COMPARE_INCOMPATIBLE);
        g_assert_true((compare(a, b) == VIRTCPU_COMPARE_IDENTICAL) ==
                      (compare(b, a) == VIRTCPU_COMPARE_IDENTICAL));
        if (compare(a, b) >= VIRTCPU_COMPARE_IDENTICAL &&
            compare(b, low) >= VIRTCPU_COMPARE_IDENTICAL) {
            g_assert_cmpint(compare(a, low), >=, VIRTCPU_COMPARE_IDENTICAL);
        }
    }
}

/* Decoding what was encoded gives the same features, but for TSX where it is broken. */
static void
test_decode_encode(Names *names, gconstpointer data)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) def = draw(names, VIRTCPU_DEF_GUEST);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuData) bits = NULL;
        g_autoptr(VirtCpuDef) again = NULL;

        virtcpu_def_set_feature(def, "hle", VIRTCPU_POLICY_DISABLE);
        virtcpu_def_set_feature(def, "rtm", VIRTCPU_POLICY_DISABLE);
        bits = virtcpu_cpu_encode(arch, def, &error);
        g_assert_no_error(error);
        again = virtcpu_cpu_decode(bits, &options, &error);
        g_assert_no_error(error);
        assert_same_set(names, def, again);
    }
}

/* What an updated guest requires, it required before or the host has it. */
static void
test_update_within_host(Names *names, gconstpointer data)
{
    static const VirtCpuMatch matches[] = { VIRTCPU_MATCH_EXACT, VIRTCPU_MATCH_MINIMUM };

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(VirtCpuDef) host = draw(names, VIRTCPU_DEF_HOST);
        g_autoptr(VirtCpuDef) guest = draw(names, VIRTCPU_DEF_GUEST);
        g_autoptr(VirtCpu) has = virtcpu_cpu_new(arch, host, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDef) updated = NULL;

        guest->match = matches[i % 2];
        updated = virtcpu_cpu_update(arch, guest, host, &error);
        g_assert_no_error(error);
        for (guint f = 0; f < updated->features->len; f++) {
            const VirtCpuDefFeature *feature = g_ptr_array_index(updated->features, f);
            const VirtCpuDefFeature *asked = virtcpu_def_find_feature(guest, feature->name);
            gboolean in_host = FALSE;

            g_assert_true(virtcpu_cpu_has_feature(has, feature->name, &in_host, NULL));
            g_assert_true(feature->policy != VIRTCPU_POLICY_REQUIRE || in_host ||
                          (asked != NULL && asked->policy == VIRTCPU_POLICY_REQUIRE));
            g_assert_cmpint(feature->policy, !=, VIRTCPU_POLICY_OPTIONAL);
        }
    }
}

static void
add(const char *path, void (*test)(Names *, gconstpointer))
{
    g_test_add(path, Names, NULL, names_set_up, test, names_tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/cpu/properties/baseline/idempotent", test_baseline_idempotent);
    add("/cpu/properties/baseline/commutative", test_baseline_commutative);
    add("/cpu/properties/baseline/associative", test_baseline_associative);
    add("/cpu/properties/baseline/below", test_baseline_below);
    add("/cpu/properties/compare/order", test_compare_order);
    add("/cpu/properties/decode-encode", test_decode_encode);
    add("/cpu/properties/update", test_update_within_host);
    return g_test_run();
}
