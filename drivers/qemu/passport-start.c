/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/passport-start.h"

#include "conf/error.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/guest-subject.h"
#include "drivers/qemu/verify.h"

/* The form that a start would choose. */
static gboolean
make_form(const VirtCpuGuestSubject *subject, VirtCpuQemuCache *cache, VirtCpuExplicitCpu **form,
          GError **error)
{
    const VirtCpuArgsInput args = {
        .def = subject->def,
        .caps = subject->caps,
        .cpu = subject->cpu,
    };

    if (subject->def->cpu_form == VIRTCPU_CPU_FORM_NAMED || !virtcpu_explicit_applies(&args)) {
        return TRUE;
    }
    *form =
        virtcpu_explicit_store_get(virtcpu_qemu_cache_lines(cache), subject->caps, &args, error);
    return *form != NULL;
}

/* The check that a start makes before there is a QEMU. */
static gboolean
check_before(const VirtCpuGuestSubject *subject, GError **error)
{
    g_autoptr(VirtCpuDef) cpu = NULL;

    return virtcpu_qemu_cpu_resolve(subject->def, subject->caps, &cpu, error);
}

/* The check that a start makes of its QEMU's vCPUs. */
static gboolean
check_vcpus(const VirtCpuGuestSubject *subject, const VirtCpuHost *host, VirtCpuQemuCache *cache,
            const VirtCpuVcpus *vcpus, GError **error)
{
    g_autoptr(VirtCpuData) content = NULL;
    VirtCpuVerifyInput input = { .def = subject->def, .cpu = subject->cpu, .host = host };

    if (subject->cpu == NULL || !virtcpu_verify_needs_content(subject->cpu)) {
        return TRUE;
    }
    content = virtcpu_qemu_matrix_store_content(virtcpu_qemu_cache_matrices(cache), subject->caps,
                                                subject->def->machine, subject->cpu->model, error);
    input.expected = content;
    return content != NULL && virtcpu_verify_judge(&input, vcpus, error);
}

/* Where no firmware can tell, the passport says so. */
static gboolean
prove(const VirtCpuGuestSubject *subject, const VirtCpuHost *host, VirtCpuQemuCache *cache,
      VirtCpuPassport *passport, GError **error)
{
    VirtCpuGuestInput input = virtcpu_guest_subject_input(subject);
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GError) reason = NULL;

    input.line = passport->form != NULL ? &passport->form->line : NULL;
    input.max_vcpus = 1;
    if (!virtcpu_guest_proof_run(&input, &proof, &reason)) {
        if (virtcpu_error_to_code(reason) != VIRTCPU_ERR_NO_SUPPORT) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        passport->unproven = g_strdup(reason->message);
        return TRUE;
    }
    if (!check_vcpus(subject, host, cache, &proof.says, error)) {
        return FALSE;
    }
    passport->features = g_steal_pointer(&proof.says.enabled);
    passport->sees =
        virtcpu_cpu_data_copy(((VirtCpuGuestVcpu *)g_ptr_array_index(proof.sees, 0))->data);
    return TRUE;
}

VirtCpuPassport *
virtcpu_passport_of_start(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                          const VirtCpuDomainDef *def, GError **error)
{
    const VirtCpuGuestQuestion question = { .def = def };
    g_auto(VirtCpuGuestSubject) subject = { 0 };
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_new();

    if (!virtcpu_guest_subject_init(&subject, host, cache, &question, error) ||
        !check_before(&subject, error) || !make_form(&subject, cache, &passport->form, error)) {
        return NULL;
    }
    passport->arch = subject.def->arch;
    passport->virt_type = subject.def->virt_type;
    passport->machine = g_strdup(subject.def->machine);
    passport->facts = virtcpu_passport_facts(subject.caps, subject.caps->binary,
                                             virtcpu_qemu_cache_fingerprint(cache));
    if (!prove(&subject, host, cache, passport, error)) {
        return NULL;
    }
    passport->cpu = virtcpu_passport_exact_cpu(subject.cpu, passport->features);
    return g_steal_pointer(&passport);
}
