/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proof-cells.h"

#include "conf/error.h"
#include "drivers/qemu/machine-models.h"
#include "drivers/qemu/probe.h"

#include <unistd.h>

#define TIMEOUT_MS 120000

void
proof_side_free(ProofSide *side)
{
    if (side == NULL) {
        return;
    }
    virtcpu_qemu_caps_unref(side->caps);
    g_free(side->version);
    g_free(side->machine);
    virtcpu_json_free(side->contents);
    g_free(side);
}

/* ---- which there are ---- */

/* The oldest (@newest: the newest) machine type of @caps that begins with @prefix, or NULL. */
static const char *
choose_machine(const VirtCpuQemuCaps *caps, const char *prefix, gboolean newest)
{
    const char *best = NULL;

    for (guint i = 0; i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = g_ptr_array_index(caps->machines, i);

        if (g_str_has_prefix(machine->name, prefix) &&
            (best == NULL || (strverscmp(machine->name, best) > 0) == newest)) {
            best = machine->name;
        }
    }
    return best;
}

static gboolean
add_side(GPtrArray *sides, VirtCpuQemuCaps *caps, const char *prefix, gboolean newest,
         GError **error)
{
    const char *machine = choose_machine(caps, prefix, newest);
    ProofSide *side;

    if (machine == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'%s' has no machine type %s",
                          caps->binary, prefix);
        return FALSE;
    }
    side = g_new0(ProofSide, 1);
    side->caps = virtcpu_qemu_caps_ref(caps);
    side->version = g_strdup_printf("%u.%u%s", caps->version_major, caps->version_minor,
                                    caps->virt_type == VIRTCPU_VIRT_KVM ? "-kvm" : "");
    side->machine = g_strdup(machine);
    side->is_newest_pc = newest && g_str_equal(prefix, "pc-i440fx-");
    side->contents = virtcpu_qemu_machine_models_ask(caps, machine, TIMEOUT_MS, NULL, error);
    g_ptr_array_add(sides, side);
    return side->contents != NULL;
}

static gboolean
add_sides(GPtrArray *sides, const char *binary, VirtCpuVirtType virt_type, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_probe(binary, virt_type, TIMEOUT_MS, NULL, error);

    return caps != NULL && add_side(sides, caps, "pc-i440fx-", FALSE, error) &&
           add_side(sides, caps, "pc-i440fx-", TRUE, error) &&
           add_side(sides, caps, "pc-q35-", FALSE, error) &&
           add_side(sides, caps, "pc-q35-", TRUE, error) &&
           add_side(sides, caps, "microvm", TRUE, error);
}

gboolean
proof_sides_find(GPtrArray *sides, GError **error)
{
    g_autofree char *installed = g_find_program_in_path("qemu-system-x86_64");
    const char *binaries[] = { installed, g_getenv("VIRTCPU_TEST_QEMU10") };
    const gboolean has_kvm =
        g_strcmp0(g_getenv("VIRTCPU_TEST_KVM"), "1") == 0 && access("/dev/kvm", R_OK | W_OK) == 0;

    for (gsize i = 0; i < G_N_ELEMENTS(binaries); i++) {
        if (binaries[i] != NULL && access(binaries[i], X_OK) == 0 &&
            !add_sides(sides, binaries[i], has_kvm ? VIRTCPU_VIRT_KVM : VIRTCPU_VIRT_QEMU, error)) {
            return FALSE;
        }
    }
    if (sides->len == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT, "no qemu-system-x86_64 here");
    }
    return sides->len > 0;
}

/* ---- running ---- */

static VirtCpuDomainDef *
make_domain(const ProofSide *side)
{
    VirtCpuDomainDef *def = virtcpu_domain_def_new();

    def->name = g_strdup("cell");
    def->virt_type = side->caps->virt_type;
    def->arch = side->caps->arch;
    def->emulator = g_strdup(side->caps->binary);
    def->machine = g_strdup(side->machine);
    def->max_vcpus = def->vcpus = 1;
    return def;
}

static VirtCpuDef *
make_cpu(const char *model)
{
    VirtCpuDef *cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);

    cpu->mode = VIRTCPU_MODE_CUSTOM;
    cpu->model = g_strdup(model);
    return cpu;
}

GPtrArray *
proof_side_run(const ProofSide *side, const char *model, const VirtCpuCpuLine *line,
               VirtCpuVcpus *says, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = make_domain(side);
    g_autoptr(VirtCpuDef) cpu = make_cpu(model);
    g_auto(VirtCpuGuestProof) proof = { 0 };
    const VirtCpuGuestInput input = {
        .def = def,
        .caps = side->caps,
        .cpu = cpu,
        .line = line,
        .unasked = says == NULL,
        .timeout_ms = TIMEOUT_MS,
    };

    if (!virtcpu_guest_proof_run(&input, &proof, error)) {
        return NULL;
    }
    if (says != NULL) {
        *says = proof.says;
        proof.says = (VirtCpuVcpus){ 0 };
    }
    return g_steal_pointer(&proof.sees);
}

/* ---- cells ---- */

/* Level property @name as leaf @leaf shows it. */
static void
set_level(VirtCpuJson *props, const char *name, const GPtrArray *sees, guint32 leaf)
{
    const VirtCpuGuestLeaf *row = virtcpu_guest_vcpu_find(g_ptr_array_index(sees, 0), leaf, 0);

    if (row != NULL) {
        virtcpu_json_set_int(props, name, row->values[VIRTCPU_REGISTER_EAX]);
    }
}

/* @props as a guest of @arch got them: QEMU expands models before it filters them. */
static VirtCpuJson *
realise(VirtCpuArch arch, const VirtCpuJson *props, const VirtCpuVcpus *says, const GPtrArray *sees)
{
    VirtCpuJson *realised = virtcpu_json_copy(props);

    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const char *name = virtcpu_json_key_at(props, i);
        const char *feature = virtcpu_cpu_feature_from_qemu(arch, name);

        if (feature != NULL && virtcpu_json_is_true(virtcpu_json_at(props, i))) {
            virtcpu_json_set_bool(realised, name,
                                  virtcpu_cpu_data_has_feature(says->enabled, feature));
        }
    }
    set_level(realised, "level", sees, 0);
    set_level(realised, "xlevel", sees, 0x80000000);
    return realised;
}

static void
run_explicit(ProofCell *cell, GError **error)
{
    g_auto(VirtCpuCpuLine) line = { 0 };
    g_auto(VirtCpuVcpus) says = { 0 };

    if (!virtcpu_explicit_content_write(cell->content, cell->side->caps, &line, error)) {
        return;
    }
    cell->explicit = proof_side_run(cell->side, cell->model, &line, &says, error);
    if (cell->explicit != NULL) {
        cell->realised =
            realise(cell->side->caps->arch, cell->content->props, &says, cell->explicit);
    }
}

ProofCell *
proof_cell_new(const ProofSide *side, const char *model)
{
    g_autoptr(VirtCpuDomainDef) def = make_domain(side);
    g_autoptr(VirtCpuDef) cpu = make_cpu(model);
    const VirtCpuArgsInput args = { .def = def, .caps = side->caps, .cpu = cpu };
    ProofCell *cell = g_new0(ProofCell, 1);
    g_autoptr(GError) named = NULL;
    g_autoptr(GError) explicit = NULL;

    cell->side = side;
    cell->model = model;
    cell->named = proof_side_run(side, model, NULL, NULL, &named);
    cell->content = virtcpu_explicit_ask(&args, TIMEOUT_MS, NULL, &explicit);
    if (cell->content != NULL) {
        run_explicit(cell, &explicit);
    }
    if (named != NULL || explicit != NULL) {
        cell->failure = g_strdup((explicit != NULL ? explicit : named)->message);
    }
    return cell;
}

void
proof_cell_free(ProofCell *cell)
{
    if (cell == NULL) {
        return;
    }
    g_clear_pointer(&cell->named, g_ptr_array_unref);
    g_clear_pointer(&cell->explicit, g_ptr_array_unref);
    virtcpu_explicit_content_free(cell->content);
    virtcpu_json_free(cell->realised);
    g_free(cell->failure);
    g_free(cell);
}

/* What @model contains on @side, or NULL. */
static const VirtCpuJson *
find_content(const ProofSide *side, const char *model)
{
    for (guint i = 0; i < side->caps->models->len; i++) {
        const VirtCpuHvModel *known = g_ptr_array_index(side->caps->models, i);

        if (g_str_equal(known->name, model)) {
            return virtcpu_json_get(virtcpu_json_at(side->contents, i), "props");
        }
    }
    return NULL;
}

gboolean
proof_cell_write(const ProofCell *from, const ProofCell *to, VirtCpuCpuLine *line, GError **error)
{
    const gboolean moves = from->side->caps != to->side->caps;
    const VirtCpuExplicitInput input = {
        .caps = to->side->caps,
        .model = from->content->version,
        .props = moves ? from->realised : from->content->props,
        .bare = to->content->bare,
        .named = find_content(to->side, from->content->version),
        .realised = moves,
    };

    return virtcpu_explicit_write(&input, line, error);
}
