/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-live.h"

#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-data.h"

#include <string.h>

/* What a definition promises of each feature: that it is there, that it is not, or nothing. */
typedef struct {
    X86Set on;
    X86Set off;
} Promise;

/* Leave open what the definition leaves open: optional features; beside what is named all of
 * host-passthrough and maximum, whose content only the hypervisor knows; and, when the model's
 * content is the map's, features that QEMU's model has and the map came to name late. */
static X86Set
find_open(const VirtCpuDef *def, const X86Cpu *cpu, gboolean content_is_known)
{
    X86Set open = { 0 };

    if (virtcpu_def_is_opaque(def)) {
        memset(&open, 0xff, sizeof(open));
    } else if (!content_is_known && cpu->model != NULL) {
        open = cpu->model->late;
    }
    for (int policy = 0; policy < VIRTCPU_POLICY_LAST; policy++) {
        x86_set_subtract(&open, &cpu->by_policy[policy]);
    }
    x86_set_unite(&open, &cpu->by_policy[VIRTCPU_POLICY_OPTIONAL]);
    return open;
}

/* @expected: what the model contains, or NULL for what the map says. */
static Promise
promise_make(const VirtCpuDef *def, const X86Cpu *cpu, const VirtCpuData *expected)
{
    X86Set open = find_open(def, cpu, expected != NULL);
    Promise promise;

    if (expected != NULL) {
        promise.on = x86_data_to_set(x86_data_const(expected));
        x86_cpu_apply_policies(cpu, &promise.on);
    } else {
        promise.on = cpu->full;
    }
    x86_set_subtract(&promise.on, &open);
    memset(&promise.off, 0xff, sizeof(promise.off));
    x86_set_subtract(&promise.off, &promise.on);
    x86_set_subtract(&promise.off, &open);
    return promise;
}

static GPtrArray *
names_of(const X86Set *set)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = x86_set_next(set, 0); i < x86_map_n_features(); i = x86_set_next(set, i + 1)) {
        g_ptr_array_add(names, g_strdup(x86_map_feature(i)->name));
    }
    return names;
}

gboolean
x86_live_check(const VirtCpuDef *def, const VirtCpuData *expected, const VirtCpuLive *live,
               GPtrArray **missing, GPtrArray **extra, GError **error)
{
    const X86Set enabled = x86_data_to_set(x86_data_const(live->enabled));
    g_auto(X86Cpu) cpu = { 0 };
    Promise promise;
    X86Set lacking;

    if (!x86_cpu_init(&cpu, VIRTCPU_ARCH_X86_64, def, error)) {
        return FALSE;
    }
    promise = promise_make(def, &cpu, expected);
    lacking = x86_set_difference(&promise.on, &enabled);
    x86_set_intersect(&promise.off, &enabled);
    *missing = names_of(&lacking);
    *extra = names_of(&promise.off);
    return TRUE;
}

static void
set_policy(VirtCpuDef *def, const X86Set *features, VirtCpuPolicy policy)
{
    for (gsize i = x86_set_next(features, 0); i < x86_map_n_features();
         i = x86_set_next(features, i + 1)) {
        virtcpu_def_set_feature(def, x86_map_feature(i)->name, policy);
    }
}

VirtCpuDef *
x86_live_update(const VirtCpuDef *def, const VirtCpuLive *live, GError **error)
{
    const X86Set enabled = x86_data_to_set(x86_data_const(live->enabled));
    g_autoptr(VirtCpuDef) updated = virtcpu_def_copy(def);
    g_auto(X86Cpu) cpu = { 0 };
    X86Set lost;
    X86Set gained;

    if (!x86_cpu_init(&cpu, VIRTCPU_ARCH_X86_64, def, error)) {
        return NULL;
    }
    lost = x86_set_difference(&cpu.full, &enabled);
    gained = x86_set_difference(&enabled, &cpu.full);
    if (virtcpu_def_is_opaque(def)) {
        x86_set_intersect(&gained, &cpu.by_policy[VIRTCPU_POLICY_DISABLE]);
    } else if (live->filtered != NULL) {
        X86Set filtered = x86_data_to_set(x86_data_const(live->filtered));

        x86_set_unite(&lost, &filtered);
    }
    set_policy(updated, &gained, VIRTCPU_POLICY_REQUIRE);
    set_policy(updated, &lost, VIRTCPU_POLICY_DISABLE);
    if (cpu.model != NULL) {
        x86_cpu_def_disable_gone(updated, cpu.model);
    }
    updated->check = VIRTCPU_CHECK_FULL;
    return g_steal_pointer(&updated);
}
