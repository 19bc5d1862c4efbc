/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-subject.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"

#define MEMORY_KIB (16 * 1024)

void
virtcpu_guest_subject_clear(VirtCpuGuestSubject *subject)
{
    g_clear_pointer(&subject->def, virtcpu_domain_def_free);
    g_clear_pointer(&subject->caps, virtcpu_qemu_caps_unref);
    g_clear_pointer(&subject->cpu, virtcpu_def_free);
    virtcpu_cpu_line_clear(&subject->line);
}

/* Complete the definition of @subject. */
static gboolean
complete(VirtCpuGuestSubject *subject, VirtCpuQemuCache *cache, const VirtCpuGuestChoice *choice,
         GError **error)
{
    VirtCpuDomainDef *def = subject->def;

    if (!virtcpu_guest_choice_apply(choice, def, error)) {
        return FALSE;
    }
    subject->caps = virtcpu_qemu_cache_get(cache, def->emulator, def->virt_type, error);
    return subject->caps != NULL && virtcpu_domain_complete(def, def->arch, subject->caps, error);
}

static gboolean
init_def(VirtCpuGuestSubject *subject, VirtCpuQemuCache *cache,
         const VirtCpuGuestQuestion *question, GError **error)
{
    g_autoptr(VirtCpuDomainDef) unchecked = NULL;

    subject->def = virtcpu_domain_def_copy(question->def);
    if (!complete(subject, cache, &question->choice, error)) {
        return FALSE;
    }
    unchecked = virtcpu_domain_def_copy(subject->def);
    if (unchecked->cpu != NULL) {
        unchecked->cpu->check = VIRTCPU_CHECK_NONE;
    }
    if (!virtcpu_qemu_cpu_resolve(unchecked, subject->caps, &subject->cpu, error)) {
        return FALSE;
    }
    if (subject->cpu != NULL) {
        subject->cpu->check = subject->def->cpu->check;
    }
    return TRUE;
}

/* A guest with nothing but a CPU. */
static VirtCpuDomainDef *
make_def(const VirtCpuHost *host, const char *binary, const char *model)
{
    VirtCpuArch claim = binary != NULL ? virtcpu_qemu_search_claim(binary) : VIRTCPU_ARCH_NONE;
    VirtCpuDomainDef *def = virtcpu_domain_def_new();

    def->name = g_strdup(model);
    def->arch = claim != VIRTCPU_ARCH_NONE ? claim : host->arch;
    def->virt_type = host->kvm_usable && virtcpu_arch_runs(host->arch, def->arch)
                         ? VIRTCPU_VIRT_KVM
                         : VIRTCPU_VIRT_QEMU;
    def->max_vcpus = def->vcpus = 1;
    def->max_memory_kib = def->current_memory_kib = MEMORY_KIB;
    return def;
}

static gboolean
init_model(VirtCpuGuestSubject *subject, const VirtCpuHost *host, VirtCpuQemuCache *cache,
           const VirtCpuGuestQuestion *question, GError **error)
{
    const char *model = question->model;

    if (*model == '\0' || *model == ',') {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("the CPU '%s' names no model"), model);
        return FALSE;
    }
    subject->def = make_def(host, question->choice.binary, model);
    if (!complete(subject, cache, &question->choice, error)) {
        return FALSE;
    }
    subject->line.cpu = g_strdup(model);
    subject->line.globals = g_new0(char *, 1);
    return TRUE;
}

gboolean
virtcpu_guest_subject_init(VirtCpuGuestSubject *subject, const VirtCpuHost *host,
                           VirtCpuQemuCache *cache, const VirtCpuGuestQuestion *question,
                           GError **error)
{
    subject->cancel = question->choice.cancel;
    return question->def != NULL ? init_def(subject, cache, question, error)
                                 : init_model(subject, host, cache, question, error);
}

VirtCpuGuestInput
virtcpu_guest_subject_input(const VirtCpuGuestSubject *subject)
{
    return (VirtCpuGuestInput){
        .def = subject->def,
        .caps = subject->caps,
        .cpu = subject->cpu,
        .line = subject->line.cpu != NULL ? &subject->line : NULL,
        .cancel = subject->cancel,
    };
}
