/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing two CPUs allocates nothing: this program's malloc counts. */
#include "drivers/cpu/cpu.h"

#include <stdlib.h>

#ifndef __SANITIZE_ADDRESS__ /* which brings a malloc of its own */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static __thread gsize allocations;

void *
malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}

static VirtCpu *
resolve(VirtCpuDefType type, const char *model, VirtCpuMatch match, const char *feature,
        VirtCpuPolicy policy)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_def_new(type);
    VirtCpu *cpu;

    def->model = g_strdup(model);
    def->match = match;
    virtcpu_def_set_feature(def, feature, policy);
    cpu = virtcpu_cpu_new(VIRTCPU_ARCH_X86_64, def, &error);
    g_assert_no_error(error);
    return cpu;
}

typedef struct {
    const char *label, *model;
    VirtCpuMatch match;
    VirtCpuPolicy policy; /* of aes, which the host has */
    VirtCpuCompareResult result;
} Row;

static const Row rows[] = {
    { "identical", "Haswell-noTSX-IBRS", VIRTCPU_MATCH_STRICT, VIRTCPU_POLICY_REQUIRE,
      VIRTCPU_COMPARE_IDENTICAL },
    { "superset", "Westmere", VIRTCPU_MATCH_EXACT, VIRTCPU_POLICY_OPTIONAL,
      VIRTCPU_COMPARE_SUPERSET },
    { "missing", "Icelake-Server", VIRTCPU_MATCH_EXACT, VIRTCPU_POLICY_REQUIRE,
      VIRTCPU_COMPARE_INCOMPATIBLE },
    { "forbidden", "Westmere", VIRTCPU_MATCH_EXACT, VIRTCPU_POLICY_FORBID,
      VIRTCPU_COMPARE_INCOMPATIBLE },
    { "strict", "Westmere", VIRTCPU_MATCH_STRICT, VIRTCPU_POLICY_REQUIRE,
      VIRTCPU_COMPARE_INCOMPATIBLE },
};

static void
test_compare(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(VirtCpu) host = resolve(VIRTCPU_DEF_HOST, "Haswell-noTSX-IBRS", VIRTCPU_MATCH_EXACT,
                                      "aes", VIRTCPU_POLICY_REQUIRE);
    g_autoptr(VirtCpu) guest =
        resolve(VIRTCPU_DEF_GUEST, row->model, row->match, "aes", row->policy);
    const gsize before = allocations;
    const VirtCpuCompareResult result = virtcpu_cpu_compare(host, guest, NULL);
    const gsize after = allocations;

    g_assert_cmpint(result, ==, row->result);
    g_assert_cmpuint(after, ==, before);
}

/* The counter counts what the algebra allocates. */
static void
test_counted(void)
{
    const gsize before = allocations;
    g_autoptr(VirtCpu) cpu =
        resolve(VIRTCPU_DEF_HOST, "Westmere", VIRTCPU_MATCH_EXACT, "aes", VIRTCPU_POLICY_REQUIRE);

    g_assert_cmpuint(allocations, >, before);
}

#else

static void
test_nothing(void)
{
    g_test_skip("the address sanitizer's malloc does not count");
}

#endif

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#ifndef __SANITIZE_ADDRESS__
    g_test_add_func("/cpu/allocation/counted", test_counted);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/allocation/%s", rows[i].label);

        g_test_add_data_func(path, &rows[i], test_compare);
    }
#else
    g_test_add_func("/cpu/allocation/nothing", test_nothing);
#endif
    return g_test_run();
}
