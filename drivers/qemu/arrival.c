/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/arrival.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/arrival-priv.h"
#include "drivers/qemu/cpu-judge.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"

void
virtcpu_arrival_clear(VirtCpuArrival *arrival)
{
    g_clear_pointer(&arrival->emulator, g_free);
    g_clear_pointer(&arrival->version, g_free);
    g_clear_pointer(&arrival->machine, g_free);
    virtcpu_cpu_line_clear(&arrival->line);
    g_clear_pointer(&arrival->obstacles, g_ptr_array_unref);
    g_clear_pointer(&arrival->unproven, g_free);
}

/* What @def and @passport want, before anything is known of who is to give it. */
static void
init(VirtCpuArrival *arrival, const VirtCpuDomainDef *def, const VirtCpuPassport *passport)
{
    arrival->obstacles = virtcpu_explanations_new();
    arrival->machine = g_strdup(passport != NULL ? passport->machine : def->machine);
    arrival->virt_type = def->virt_type;
    arrival->emulator = g_strdup(def->emulator);
}

/* ---- who is to run it ---- */

static gboolean
check_kind(const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def,
           const VirtCpuPassport *passport, GPtrArray *obstacles)
{
    const VirtCpuQemuCaps *caps = place->caps;
    const VirtCpuArch arch = passport != NULL ? passport->arch : def->arch;

    if (arch != VIRTCPU_ARCH_NONE && !virtcpu_arch_runs(caps->arch, arch)) {
        virtcpu_explanations_add(
            obstacles, "arch", VIRTCPU_STATE_DIFFERS, VIRTCPU_LAYER_QEMU,
            g_strdup_printf(_("the guest's architecture is %s, and '%s' runs %s"),
                            virtcpu_arch_to_string(arch), caps->binary,
                            virtcpu_arch_to_string(caps->arch)),
            _("name a QEMU for that architecture in <emulator>"));
    }
    if (passport != NULL && passport->virt_type != caps->virt_type) {
        virtcpu_explanations_add(
            obstacles, "virt-type", VIRTCPU_STATE_DIFFERS, VIRTCPU_LAYER_POLICY,
            g_strdup_printf(_("the guest runs with '%s', and '%s' is asked for here"),
                            virtcpu_virt_type_to_string(passport->virt_type),
                            virtcpu_virt_type_to_string(caps->virt_type)),
            _("keep the type of <domain>: a running guest cannot change its accelerator"));
    }
    return obstacles->len == 0;
}

static gboolean
check_machine(const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def,
              const VirtCpuPassport *passport, GPtrArray *obstacles)
{
    const char *wanted = passport != NULL ? passport->machine : def->machine;
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(place->caps, wanted);
    const VirtCpuQemuMachine *own = virtcpu_qemu_caps_machine(place->caps, def->machine);
    g_autofree char *version = virtcpu_qemu_caps_version_text(place->caps);

    if (machine == NULL) {
        virtcpu_explanations_add(
            obstacles, "machine", VIRTCPU_STATE_MISSING, VIRTCPU_LAYER_MACHINE,
            g_strdup_printf(_("QEMU %s ('%s') has no machine type '%s'"), version,
                            place->caps->binary, wanted != NULL ? wanted : "-"),
            _("use a QEMU that has it; a guest that runs cannot change its machine type"));
    } else if (def->machine != NULL && own != machine) {
        virtcpu_explanations_add(
            obstacles, "machine", VIRTCPU_STATE_DIFFERS, VIRTCPU_LAYER_MACHINE,
            g_strdup_printf(_("the guest runs with machine type '%s', and its definition asks for "
                              "'%s' here"),
                            wanted, def->machine),
            _("name the machine type that it runs with"));
    }
    return obstacles->len == 0;
}

/* @def without its devices, completed for @place (transfer full). */
static VirtCpuDomainDef *
complete(const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def, const char *machine,
         GError **error)
{
    g_autoptr(VirtCpuDomainDef) bare = virtcpu_domain_def_copy(def);

    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        g_ptr_array_set_size(virtcpu_domain_def_devices(bare, (VirtCpuDeviceKind)kind), 0);
    }
    return virtcpu_domain_complete_elsewhere(bare, place->caps, machine, error);
}

/* ---- the decision ---- */

/* What is made for one. */
typedef struct {
    VirtCpuDomainDef *def;
    VirtCpuDef *cpu;
    VirtCpuData *provided;
} Means;

static void
means_clear(Means *means)
{
    virtcpu_domain_def_free(means->def);
    virtcpu_def_free(means->cpu);
    virtcpu_cpu_data_free(means->provided);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Means, means_clear)

/* What the QEMU says against the definition. */
static void
add_refusal(VirtCpuArrival *arrival, const char *what, const GError *reason)
{
    virtcpu_explanations_add(arrival->obstacles, what, VIRTCPU_STATE_MISSING, VIRTCPU_LAYER_QEMU,
                             g_strdup(reason->message),
                             _("use another QEMU, or a CPU that it has"));
}

static gboolean
make_means(Means *means, const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def,
           VirtCpuArrival *arrival)
{
    g_autoptr(GError) reason = NULL;

    means->def = complete(place, def, arrival->machine, &reason);
    if (means->def == NULL) {
        add_refusal(arrival, "domain", reason);
        return FALSE;
    }
    if (!virtcpu_qemu_cpu_resolve_on(place->host, means->def, place->caps, &means->cpu, &reason)) {
        add_refusal(arrival, "cpu", reason);
        return FALSE;
    }
    means->provided = virtcpu_qemu_caps_provided(place->caps);
    return TRUE;
}

/* Where QEMU alone knows its CPUs, the names at least must be its own. */
static void
check_names(const VirtCpuArrivalCase *it, VirtCpuArrival *arrival)
{
    g_autoptr(VirtCpuQemuHearing) hearing = NULL;
    g_autoptr(GError) reason = NULL;

    if (it->cpu == NULL || it->place->cache == NULL || virtcpu_cpu_has_bits(it->def->arch)) {
        return;
    }
    hearing =
        virtcpu_qemu_hearing_new(virtcpu_qemu_cache_judge(it->place->cache), it->place->caps, NULL);
    if (!virtcpu_qemu_judge_check_names(hearing, it->place->caps, it->cpu, &reason)) {
        add_refusal(arrival, "cpu", reason);
    }
}

/* The CPU as it would stand on the command line. */
static void
write_line(const VirtCpuArrivalCase *it, VirtCpuArrival *arrival)
{
    const VirtCpuArgsInput args = { .def = it->def, .caps = it->place->caps, .cpu = it->cpu };
    g_autoptr(GError) reason = NULL;
    gboolean written;

    if (it->passport != NULL && it->passport->form != NULL) {
        if (it->place->cache == NULL) {
            return;
        }
        written =
            virtcpu_passport_write_line(it->passport, virtcpu_qemu_cache_lines(it->place->cache),
                                        it->place->caps, it->provided, &arrival->line, &reason);
    } else {
        arrival->line.cpu = virtcpu_args_cpu(&args, &reason);
        arrival->line.globals = g_new0(char *, 1);
        written = arrival->line.cpu != NULL;
    }
    if (!written) {
        add_refusal(arrival, "cpu", reason);
    }
}

/* Have a guest of ours look at the CPU. FALSE when the daemon is ending. */
static gboolean
look(const VirtCpuArrivalCase *it, VirtCpuArrival *arrival, GError **error)
{
    const VirtCpuGuestInput input = {
        .def = it->def,
        .caps = it->place->caps,
        .cpu = it->cpu,
        .line = &arrival->line,
    };
    g_autoptr(VirtCpuData) here = NULL;
    g_autoptr(GError) reason = NULL;

    if (it->place->cache == NULL) {
        arrival->unproven = g_strdup(_("no QEMU can be asked: its answers were read from a file"));
        return TRUE;
    }
    if (it->passport == NULL || it->passport->sees == NULL) {
        arrival->unproven = g_strdup(it->passport != NULL && it->passport->unproven != NULL
                                         ? it->passport->unproven
                                         : _("what the guest sees where it runs is not known"));
        return TRUE;
    }
    here = virtcpu_guest_sights_get(virtcpu_qemu_cache_sights(it->place->cache), it->place->caps,
                                    &input, &reason);
    if (here != NULL) {
        arrival->proof = VIRTCPU_PROOF_GUEST;
        virtcpu_arrival_add_sights(it, here);
        return TRUE;
    }
    if (g_error_matches(reason, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    arrival->unproven = g_strdup(reason->message);
    return TRUE;
}

static gboolean
decide(const VirtCpuArrivalCase *it, VirtCpuArrival *arrival, GError **error)
{
    g_autoptr(GError) reason = NULL;

    virtcpu_arrival_add_foreign(it);
    virtcpu_arrival_add_blockers(it);
    if (!virtcpu_arrival_add_missing(it, &reason)) {
        add_refusal(arrival, "cpu", reason);
    }
    check_names(it, arrival);
    arrival->proof = it->provided != NULL && virtcpu_cpu_has_bits(it->def->arch)
                         ? VIRTCPU_PROOF_QEMU
                         : VIRTCPU_PROOF_NAMES;
    if (arrival->obstacles->len > 0) {
        return TRUE;
    }
    write_line(it, arrival);
    return arrival->obstacles->len > 0 || look(it, arrival, error);
}

gboolean
virtcpu_arrival_judge_at(const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def,
                         const VirtCpuPassport *passport, VirtCpuArrival *arrival, GError **error)
{
    g_auto(Means) means = { 0 };
    VirtCpuArrivalCase it = { .place = place, .passport = passport };

    init(arrival, def, passport);
    g_free(arrival->emulator);
    arrival->emulator = g_strdup(place->caps->binary);
    arrival->version = virtcpu_qemu_caps_version_text(place->caps);
    if (!check_kind(place, def, passport, arrival->obstacles) ||
        !check_machine(place, def, passport, arrival->obstacles) ||
        !make_means(&means, place, def, arrival)) {
        return TRUE;
    }
    it.def = means.def;
    it.cpu = means.cpu;
    it.provided = means.provided;
    it.obstacles = arrival->obstacles;
    return decide(&it, arrival, error);
}

/* ---- here ---- */

/* The binary that @def names, or the one installed for its guests (transfer full). */
static char *
choose_binary(const VirtCpuHost *host, VirtCpuQemuCache *cache, const VirtCpuDomainDef *def)
{
    const VirtCpuArch arch = def->arch != VIRTCPU_ARCH_NONE ? def->arch : host->arch;

    return def->emulator != NULL ? g_strdup(def->emulator) : virtcpu_qemu_cache_binary(cache, arch);
}

void
virtcpu_arrival_refuse(VirtCpuArrival *arrival, const VirtCpuHost *host,
                       const VirtCpuDomainDef *def, const VirtCpuPassport *passport,
                       const char *reason)
{
    init(arrival, def, passport);
    if (arrival->virt_type == VIRTCPU_VIRT_KVM && host != NULL && !host->kvm_usable &&
        host->kvm_reason != NULL) {
        virtcpu_explanations_add(arrival->obstacles, "kvm", VIRTCPU_STATE_MISSING,
                                 VIRTCPU_LAYER_KVM, g_strdup(host->kvm_reason),
                                 _("make KVM usable on this host, or move to another one"));
    } else {
        virtcpu_explanations_add(arrival->obstacles, "emulator", VIRTCPU_STATE_MISSING,
                                 VIRTCPU_LAYER_QEMU, g_strdup(reason),
                                 _("install it here, or name another one in <emulator>"));
    }
}

gboolean
virtcpu_arrival_judge_here(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                           const VirtCpuDomainDef *def, const VirtCpuPassport *passport,
                           VirtCpuArrival *arrival, GError **error)
{
    g_autofree char *binary = choose_binary(host, cache, def);
    g_autofree char *facts = NULL;
    g_autoptr(GError) reason = NULL;
    g_autoptr(VirtCpuQemuCaps) caps =
        binary != NULL ? virtcpu_qemu_cache_get(cache, binary, def->virt_type, &reason) : NULL;

    if (caps == NULL) {
        if (g_error_matches(reason, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        virtcpu_arrival_refuse(arrival, host, def, passport,
                               reason != NULL
                                   ? reason->message
                                   : _("no QEMU is installed for the guest's architecture"));
        return TRUE;
    }
    if (passport != NULL && passport->cpu != NULL && virtcpu_def_is_opaque(passport->cpu)) {
        facts = virtcpu_passport_facts(caps, caps->binary, virtcpu_qemu_cache_fingerprint(cache));
    }
    return virtcpu_arrival_judge_at(
        &(VirtCpuArrivalPlace){ .host = host, .caps = caps, .facts = facts, .cache = cache }, def,
        passport, arrival, error);
}

gboolean
virtcpu_arrival_judge(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                      const VirtCpuPassport *passport, VirtCpuArrival *arrival, GError **error)
{
    return virtcpu_arrival_judge_here(virtcpu_driver_host(driver), virtcpu_driver_cache(driver),
                                      def, passport, arrival, error);
}
