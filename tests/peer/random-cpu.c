/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/peer/random-cpu.h"

#define ARCH         VIRTCPU_ARCH_X86_64
#define MAX_FEATURES 12
#define MAX_TRIES    8

static gboolean
one_in(const RandomCpu *source, gint32 count)
{
    return g_rand_int_range(source->random, 0, count) == 0;
}

static const char *
pick(const RandomCpu *source, const GPtrArray *names)
{
    return g_ptr_array_index(names, (guint)g_rand_int_range(source->random, 0, (gint32)names->len));
}

/* The model's own vendor; sometimes none, sometimes another's. */
static char *
pick_vendor(const RandomCpu *source, const char *model)
{
    const char *own = virtcpu_cpu_model_vendor(ARCH, model);

    if (one_in(source, 8)) {
        return NULL;
    }
    if (own == NULL || one_in(source, 16)) {
        return g_strdup(one_in(source, 2) ? "AMD" : "Intel");
    }
    return g_strdup(own);
}

VirtCpuDef *
random_cpu_host(const RandomCpu *source)
{
    VirtCpuDef *def = virtcpu_def_new(VIRTCPU_DEF_HOST);
    gint32 count = g_rand_int_range(source->random, 0, MAX_FEATURES + 1);

    def->arch = ARCH;
    def->model = g_strdup(pick(source, source->models));
    def->vendor = pick_vendor(source, def->model);
    for (gint32 i = 0; i < count; i++) {
        virtcpu_def_set_feature(def, pick(source, source->features), VIRTCPU_POLICY_REQUIRE);
    }
    return def;
}

VirtCpuDef *
random_cpu_host_like(const RandomCpu *source, const VirtCpuDef *first)
{
    VirtCpuDef *def = random_cpu_host(source);

    for (unsigned i = 0; i < MAX_TRIES && g_strcmp0(def->vendor, first->vendor) != 0; i++) {
        virtcpu_def_free(def);
        def = random_cpu_host(source);
    }
    return def;
}

/* Add @count features with any policy. */
static void
add_policies(const RandomCpu *source, VirtCpuDef *def, gint32 count)
{
    for (gint32 i = 0; i < count; i++) {
        virtcpu_def_set_feature(
            def, pick(source, source->features),
            (VirtCpuPolicy)g_rand_int_range(source->random, 0, VIRTCPU_POLICY_LAST));
    }
}

static VirtCpuMatch
pick_match(const RandomCpu *source)
{
    return one_in(source, 4) ? VIRTCPU_MATCH_STRICT
                             : (one_in(source, 2) ? VIRTCPU_MATCH_MINIMUM : VIRTCPU_MATCH_EXACT);
}

VirtCpuDef *
random_cpu_guest(const RandomCpu *source, const VirtCpuDef *host)
{
    VirtCpuDef *def = virtcpu_def_new(VIRTCPU_DEF_GUEST);

    def->mode = VIRTCPU_MODE_CUSTOM;
    def->has_match = TRUE;
    def->match = pick_match(source);
    if (one_in(source, 3)) {
        def->model = g_strdup(pick(source, source->models));
        def->vendor = pick_vendor(source, def->model);
        add_policies(source, def, g_rand_int_range(source->random, 0, MAX_FEATURES + 1));
        return def;
    }
    def->model = g_strdup(host->model);
    def->vendor = g_strdup(host->vendor);
    for (guint i = 0; i < host->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(host->features, i);

        if (!one_in(source, 20)) {
            virtcpu_def_set_feature(def, feature->name, VIRTCPU_POLICY_REQUIRE);
        }
    }
    add_policies(source, def, g_rand_int_range(source->random, 0, 3));
    return def;
}
