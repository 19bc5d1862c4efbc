/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-passport.h"

#include "conf/fd.h"
#include "drivers/qemu/build-id.h"
#include "drivers/qemu/facts.h"

#include <fcntl.h>
#include <string.h>

static const char *const level_words[] = {
    [VIRTCPU_PROOF_NAMES] = "names",
    [VIRTCPU_PROOF_QEMU] = "qemu",
    [VIRTCPU_PROOF_GUEST] = "guest",
};
G_STATIC_ASSERT(G_N_ELEMENTS(level_words) == VIRTCPU_PROOF_LAST);

const char *
virtcpu_proof_level_to_string(VirtCpuProofLevel level)
{
    return level < VIRTCPU_PROOF_LAST ? level_words[level] : NULL;
}

VirtCpuPassport *
virtcpu_passport_new(void)
{
    return g_atomic_rc_box_new0(VirtCpuPassport);
}

VirtCpuPassport *
virtcpu_passport_ref(VirtCpuPassport *passport)
{
    return g_atomic_rc_box_acquire(passport);
}

static void
clear(gpointer data)
{
    VirtCpuPassport *passport = data;

    g_free(passport->machine);
    g_free(passport->facts);
    virtcpu_def_free(passport->cpu);
    virtcpu_explicit_cpu_unref(passport->form);
    virtcpu_json_free(passport->vcpu);
    virtcpu_cpu_data_free(passport->features);
    virtcpu_cpu_data_free(passport->sees);
    g_free(passport->identity);
    g_free(passport->unproven);
}

void
virtcpu_passport_unref(VirtCpuPassport *passport)
{
    if (passport != NULL) {
        g_atomic_rc_box_release_full(passport, clear);
    }
}

VirtCpuPassport *
virtcpu_passport_copy(const VirtCpuPassport *passport)
{
    VirtCpuPassport *copy = virtcpu_passport_new();

    copy->arch = passport->arch;
    copy->virt_type = passport->virt_type;
    copy->machine = g_strdup(passport->machine);
    copy->facts = g_strdup(passport->facts);
    copy->cpu = virtcpu_def_copy(passport->cpu);
    copy->form = passport->form != NULL ? virtcpu_explicit_cpu_ref(passport->form) : NULL;
    copy->vcpu = passport->vcpu != NULL ? virtcpu_json_copy(passport->vcpu) : NULL;
    copy->features = passport->features != NULL ? virtcpu_cpu_data_copy(passport->features) : NULL;
    copy->sees = passport->sees != NULL ? virtcpu_cpu_data_copy(passport->sees) : NULL;
    copy->identity = g_strdup(passport->identity);
    copy->unproven = g_strdup(passport->unproven);
    return copy;
}

VirtCpuProofLevel
virtcpu_passport_level(const VirtCpuPassport *passport)
{
    if (passport->sees != NULL) {
        return VIRTCPU_PROOF_GUEST;
    }
    return passport->features != NULL ? VIRTCPU_PROOF_QEMU : VIRTCPU_PROOF_NAMES;
}

/* ---- facts ---- */

/* The host's facts that a passport tells. */
static const char *const host_facts[] = { "kernel", "microcode", "cpuid", "kvm-cpuid" };

/* Append the lines of @facts whose names are among the @count @names. */
static void
add_lines(GString *out, const char *facts, const char *const *names, gsize count)
{
    g_auto(GStrv) lines = g_strsplit(facts, "\n", -1);

    for (gsize i = 0; lines[i] != NULL; i++) {
        const gsize length = strcspn(lines[i], "=");

        for (gsize k = 0; k < count; k++) {
            if (strlen(names[k]) == length && strncmp(lines[i], names[k], length) == 0) {
                g_string_append_printf(out, "%s\n", lines[i]);
            }
        }
    }
}

char *
virtcpu_passport_facts(const VirtCpuQemuCaps *caps, const char *exe, const char *fingerprint)
{
    g_auto(VirtCpuFd) fd = open(exe, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    g_autofree char *build_id = fd >= 0 ? virtcpu_build_id_read(fd) : NULL;
    g_autofree char *version = virtcpu_qemu_caps_version_text(caps);
    GString *facts = g_string_new(NULL);

    virtcpu_qemu_facts_add(facts, "version", version);
    virtcpu_qemu_facts_add(facts, "package", caps->package);
    virtcpu_qemu_facts_add(facts, "build-id", build_id);
    add_lines(facts, fingerprint, host_facts, G_N_ELEMENTS(host_facts));
    return g_string_free(facts, FALSE);
}

char *
virtcpu_passport_fact_difference(const VirtCpuPassport *passport, const char *facts,
                                 const char *name, gboolean *known)
{
    g_autoptr(GString) there = g_string_new(NULL);
    g_autoptr(GString) here = g_string_new(NULL);

    add_lines(there, passport->facts, &name, 1);
    add_lines(here, facts, &name, 1);
    if (known != NULL) {
        *known = there->len > 0 && here->len > 0;
    }
    return virtcpu_qemu_facts_difference(there->str, here->str);
}

/* ---- the definition ---- */

static VirtCpuPolicy
decide(const VirtCpuDefFeature *feature, const VirtCpuData *features)
{
    if (features != NULL) {
        return virtcpu_cpu_data_has_feature(features, feature->name) ? VIRTCPU_POLICY_REQUIRE
                                                                     : VIRTCPU_POLICY_DISABLE;
    }
    return feature->policy == VIRTCPU_POLICY_FORCE || feature->policy == VIRTCPU_POLICY_REQUIRE
               ? VIRTCPU_POLICY_REQUIRE
               : VIRTCPU_POLICY_DISABLE;
}

VirtCpuDef *
virtcpu_passport_exact_cpu(const VirtCpuDef *live, const VirtCpuData *features)
{
    VirtCpuDef *cpu = virtcpu_def_copy(live);

    for (guint i = 0; cpu != NULL && i < cpu->features->len; i++) {
        VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);

        feature->policy = decide(feature, features);
    }
    return cpu;
}
