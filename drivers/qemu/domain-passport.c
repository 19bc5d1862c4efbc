/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-passport.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-cpu.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/vcpu-properties.h"
#include "drivers/qemu/vcpu.h"

#include <sys/stat.h>

/* The running program of process @pid, which may be no file any more (transfer full). */
static char *
exe_of(pid_t pid)
{
    return g_strdup_printf("/proc/%d/exe", (int)pid);
}

VirtCpuPassport *
virtcpu_passport_draft(VirtCpuDomain *domain, VirtCpuQemuCaps *caps, const VirtCpuArgsInput *args,
                       const VirtCpuDef *live, pid_t pid)
{
    VirtCpuQemuCache *cache = domain->driver->cache;
    g_autofree char *exe = exe_of(pid);
    VirtCpuPassport *passport = virtcpu_passport_new();

    passport->arch = args->def->arch;
    passport->virt_type = args->def->virt_type;
    passport->machine = g_strdup(args->def->machine);
    passport->facts = virtcpu_passport_facts(caps, exe, virtcpu_qemu_cache_fingerprint(cache));
    passport->cpu = virtcpu_def_copy(live);
    passport->identity = virtcpu_qemu_identity_of_file(caps->binary);
    if (args->line != NULL) {
        passport->form =
            virtcpu_explicit_store_get(virtcpu_qemu_cache_lines(cache), caps, args, NULL);
    }
    return passport;
}

/* ---- what the guest sees ---- */

/* A start made again from its definition, as far as it decides what the CPU is. */
typedef struct {
    VirtCpuDomainDef *def;
    VirtCpuQemuCaps *caps;
    VirtCpuDef *cpu;
    VirtCpuCpuLine line;
} Start;

static void
start_clear(Start *start)
{
    virtcpu_domain_def_free(start->def);
    virtcpu_qemu_caps_unref(start->caps);
    virtcpu_def_free(start->cpu);
    virtcpu_cpu_line_clear(&start->line);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Start, start_clear)

/* TRUE when process @pid, which may be one that a script became, runs what is file @binary still.
 */
static gboolean
is_installed(const VirtCpuPassport *passport, pid_t pid, const char *binary)
{
    g_autofree char *identity = virtcpu_qemu_identity_of_file(binary);
    g_autofree char *exe = exe_of(pid);
    struct stat running, installed;

    if (passport->identity != NULL) {
        return g_strcmp0(identity, passport->identity) == 0;
    }
    return stat(exe, &running) == 0 && stat(binary, &installed) == 0 &&
           running.st_dev == installed.st_dev && running.st_ino == installed.st_ino;
}

/* Only the same QEMU shows the same CPU. */
static gboolean
check_binary(const VirtCpuPassport *passport, pid_t pid, const char *binary, GError **error)
{
    if (is_installed(passport, pid, binary)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("the QEMU that runs it is no longer the one installed as '%s'"), binary);
    return FALSE;
}

static gboolean
start_init(Start *start, VirtCpuDriver *driver, const VirtCpuPassport *passport, GError **error)
{
    VirtCpuArgsInput args;

    start->caps = virtcpu_domain_caps(driver, start->def, error);
    if (start->caps == NULL ||
        !virtcpu_qemu_cpu_resolve_on(driver->host, start->def, start->caps, &start->cpu, error)) {
        return FALSE;
    }
    if (passport->form != NULL) {
        return virtcpu_passport_write_line(passport, virtcpu_qemu_cache_lines(driver->cache),
                                           start->caps, NULL, &start->line, error);
    }
    args = (VirtCpuArgsInput){ .def = start->def, .caps = start->caps, .cpu = start->cpu };
    return virtcpu_domain_cpu_line(driver, start->caps, &args, &start->line, error);
}

/* What the guest of @def (transfer full), which process @pid runs, sees (transfer full). */
static VirtCpuData *
look(VirtCpuDriver *driver, VirtCpuDomainDef *def, const VirtCpuPassport *passport, pid_t pid,
     GError **error)
{
    g_auto(Start) start = { .def = def };
    VirtCpuGuestInput input;

    if (!check_binary(passport, pid, def->emulator, error) ||
        !start_init(&start, driver, passport, error)) {
        return NULL;
    }
    input = (VirtCpuGuestInput){
        .def = start.def,
        .caps = start.caps,
        .cpu = start.cpu,
        .line = start.line.cpu != NULL ? &start.line : NULL,
        .timeout_ms = driver->monitor_timeout_ms,
    };
    return virtcpu_guest_sights_get(virtcpu_qemu_cache_sights(driver->cache), start.caps, &input,
                                    error);
}

/* Fill in what the guest of @passport sees, or why nobody knows. */
static void
add_sight(VirtCpuDriver *driver, VirtCpuDomainDef *def, VirtCpuPassport *passport, pid_t pid)
{
    g_autoptr(GError) reason = NULL;

    g_clear_pointer(&passport->unproven, g_free);
    passport->sees = look(driver, def, passport, pid, &reason);
    if (passport->sees == NULL) {
        passport->unproven = g_strdup(reason->message);
    }
}

/* The passport of @domain, and what is needed to complete it; FALSE when it does not run. */
static gboolean
take(VirtCpuDomain *domain, VirtCpuPassport **passport, VirtCpuDomainDef **def, pid_t *pid)
{
    gboolean active;

    g_mutex_lock(&domain->lock);
    active = domain->run != NULL && domain->original != NULL;
    if (active) {
        *passport =
            domain->run->passport != NULL ? virtcpu_passport_ref(domain->run->passport) : NULL;
        *def = virtcpu_domain_def_copy(domain->original);
        *pid = virtcpu_process_pid(domain->run->process);
    }
    g_mutex_unlock(&domain->lock);
    return active;
}

/* Let @domain have @passport instead of @before (may be NULL), unless another one came meanwhile.
 */
static void
put(VirtCpuDomain *domain, const VirtCpuPassport *before, VirtCpuPassport *passport)
{
    VirtCpuPassport *old = NULL;

    g_mutex_lock(&domain->lock);
    if (domain->run != NULL && domain->run->passport == before) {
        old = domain->run->passport;
        domain->run->passport = virtcpu_passport_ref(passport);
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_passport_unref(old);
}

/* Keep what was learnt on disk: the binary may be another one when it is needed. */
static void
save(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_job_begin_beside(domain, &error)) {
        return; /* it is gone, or busy for long: it is made again when it is needed */
    }
    if (virtcpu_domain_is_active(domain) && !virtcpu_domain_status_save_passport(domain, &error)) {
        g_message("%s", error->message);
    }
    virtcpu_domain_job_end(domain);
}

void
virtcpu_passport_look(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuPassport) draft = NULL;
    g_autoptr(VirtCpuPassport) passport = NULL;
    VirtCpuDomainDef *def = NULL;
    pid_t pid;

    if (!take(domain, &draft, &def, &pid)) {
        return;
    }
    if (draft == NULL || virtcpu_passport_level(draft) == VIRTCPU_PROOF_GUEST) {
        virtcpu_domain_def_free(def);
        return;
    }
    passport = virtcpu_passport_copy(draft);
    add_sight(domain->driver, def, passport, pid);
    put(domain, draft, passport);
    save(domain);
}

/* ---- all of it ---- */

/* A domain that an older daemon started has no draft. What the binary is now may be another than
 * was started: then it does not tell what the CPU was made with. */
static VirtCpuPassport *
draft_late(VirtCpuDomain *domain, GError **error)
{
    const pid_t pid = virtcpu_process_pid(domain->run->process);
    g_auto(Start) start = { .def = virtcpu_domain_def_copy(domain->original) };
    VirtCpuPassport empty = { 0 };
    VirtCpuPassport *passport;
    VirtCpuArgsInput args;

    if (!start_init(&start, domain->driver, &empty, error)) {
        return NULL;
    }
    args = (VirtCpuArgsInput){
        .def = start.def,
        .caps = start.caps,
        .cpu = start.cpu,
        .line = start.line.cpu != NULL ? &start.line : NULL,
    };
    passport = virtcpu_passport_draft(domain, start.caps, &args, domain->live->cpu, pid);
    g_clear_pointer(&passport->identity, g_free);
    if (!is_installed(passport, pid, start.def->emulator)) {
        g_clear_pointer(&passport->form, virtcpu_explicit_cpu_unref);
    }
    return passport;
}

/* What @all, the running vCPU's properties, have that @form (may be NULL) has not so (transfer
 * full). */
static VirtCpuJson *
subtract(const VirtCpuJson *all, const VirtCpuExplicitCpu *form)
{
    VirtCpuJson *rest = virtcpu_json_new_object();

    for (gsize i = 0; i < virtcpu_json_size(all); i++) {
        const char *name = virtcpu_json_key_at(all, i);
        const VirtCpuJson *value = virtcpu_json_at(all, i);

        if (form == NULL || !virtcpu_json_equal(virtcpu_json_get(form->props, name), value)) {
            virtcpu_json_set(rest, name, virtcpu_json_copy(value));
        }
    }
    return rest;
}

/* Ask the running vCPUs. Where QEMU alone knows what a CPU is there is nothing to ask. */
static gboolean
ask(VirtCpuDomain *domain, VirtCpuPassport *passport, GError **error)
{
    const unsigned timeout_ms = domain->driver->monitor_timeout_ms;
    VirtCpuQmp *qmp = domain->run->qmp;
    g_auto(VirtCpuVcpus) vcpus = { 0 };
    g_autoptr(VirtCpuJson) all = NULL;
    g_autoptr(GError) reason = NULL;

    if (!virtcpu_vcpus_ask(qmp, passport->arch, timeout_ms, &vcpus, &reason)) {
        if (virtcpu_error_to_code(reason) == VIRTCPU_ERR_NO_SUPPORT) {
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    all = virtcpu_vcpu_properties_ask(qmp, passport->arch, timeout_ms, error);
    if (all == NULL) {
        return FALSE;
    }
    passport->features = g_steal_pointer(&vcpus.enabled);
    passport->vcpu = subtract(all, passport->form);
    return TRUE;
}

/* TRUE when @passport is a draft still. */
static gboolean
is_draft(const VirtCpuPassport *passport)
{
    return passport->features == NULL || (passport->sees == NULL && passport->unproven == NULL);
}

static gboolean
complete(VirtCpuDomain *domain, VirtCpuPassport *passport, GError **error)
{
    VirtCpuDef *cpu;

    if (passport->features == NULL && !ask(domain, passport, error)) {
        return FALSE;
    }
    if (passport->sees == NULL) {
        add_sight(domain->driver, virtcpu_domain_def_copy(domain->original), passport,
                  virtcpu_process_pid(domain->run->process));
    }
    cpu = virtcpu_passport_exact_cpu(passport->cpu, passport->features);
    virtcpu_def_free(passport->cpu);
    passport->cpu = cpu;
    return TRUE;
}

VirtCpuPassport *
virtcpu_passport_make(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(VirtCpuPassport) before = NULL;
    g_autoptr(VirtCpuPassport) draft = NULL;
    g_autoptr(VirtCpuPassport) passport = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    pid_t pid;

    if (!take(domain, &before, &def, &pid)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return NULL;
    }
    if (before != NULL && !is_draft(before)) {
        return g_steal_pointer(&before);
    }
    draft = before != NULL ? virtcpu_passport_ref(before) : draft_late(domain, error);
    if (draft == NULL) {
        return NULL;
    }
    passport = virtcpu_passport_copy(draft);
    if (!complete(domain, passport, error)) {
        return NULL;
    }
    put(domain, before, passport);
    return g_steal_pointer(&passport);
}
