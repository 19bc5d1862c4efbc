/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/host/host.h"
#include "drivers/qemu/guest-verify.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* How many vCPUs the topology of @cpu has room for. */
static unsigned
count_threads(const VirtCpuDef *cpu)
{
    return cpu->sockets == 0 ? 1
                             : cpu->sockets * MAX(cpu->dies, 1) * MAX(cpu->clusters, 1) *
                                   cpu->cores * cpu->threads;
}

/* A domain around the one guest <cpu> of @file: KVM where it works. */
static VirtCpuDomainDef *
wrap_cpu(const char *text, const char *file, GError **error)
{
    g_autoptr(GPtrArray) cpus = virtcpu_def_parse_all(text, error);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuHost) host = NULL;
    const VirtCpuDef *cpu;

    if (cpus == NULL) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    cpu = g_ptr_array_index(cpus, 0);
    if (cpus->len != 1 || cpu->type != VIRTCPU_DEF_GUEST) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("%s: must hold one <domain> or the <cpu> of one guest"), file);
        return NULL;
    }
    host = virtcpu_host_read(NULL, error);
    if (host == NULL) {
        return NULL;
    }
    def->name = g_strdup("verify");
    def->virt_type = host->kvm_usable ? VIRTCPU_VIRT_KVM : VIRTCPU_VIRT_QEMU;
    def->arch = cpu->arch;
    def->max_vcpus = def->vcpus = count_threads(cpu);
    def->max_memory_kib = def->current_memory_kib = 16 * 1024;
    def->cpu = virtcpu_def_copy(cpu);
    return g_steal_pointer(&def);
}

static VirtCpuDomainDef *
read_domain(const char *file, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    g_autoptr(xmlDoc) doc = text != NULL ? virtcpu_xml_parse(text, NULL) : NULL;
    VirtCpuDomainDef *def;

    if (text == NULL) {
        return NULL;
    }
    if (doc == NULL || !xmlStrEqual(xmlDocGetRootElement(doc)->name, (const xmlChar *)"domain")) {
        return wrap_cpu(text, file, error);
    }
    def = virtcpu_domain_def_parse(text, FALSE, error);
    if (def == NULL) {
        g_prefix_error(error, "%s: ", file);
    }
    return def;
}

/* "0x7 0 ebx 5", "msr 0x10a bit 3": where a difference is. */
static char *
place_of(const VirtCpuGuestDifference *difference)
{
    g_autofree char *bit =
        difference->bit >= 0 ? g_strdup_printf(" %d", difference->bit) : g_strdup("");

    if (difference->reg == VIRTCPU_REGISTER_MSR) {
        return g_strdup_printf("msr 0x%x%s", difference->leaf, bit);
    }
    return g_strdup_printf("0x%x %u %s%s", difference->leaf, difference->subleaf,
                           virtcpu_register_to_string(difference->reg), bit);
}

static void
print_table(const GPtrArray *differences)
{
    g_print("%-5s%-24s%-24s%-12s%-12s%s\n", _("vCPU"), _("where"), _("what"), _("sees"), _("says"),
            _("promises"));
    for (guint i = 0; i < differences->len; i++) {
        const VirtCpuGuestDifference *difference = g_ptr_array_index(differences, i);
        g_autofree char *place = place_of(difference);

        if (difference->why == NULL) {
            g_print("%-5u%-24s%-24s%-12s%-12s%s\n", difference->vcpu, place, difference->what,
                    difference->sees, difference->says, difference->promises);
        }
    }
}

static void
print_text(const VirtCpuGuestVerdict *verdict)
{
    const guint unexplained = virtcpu_guest_count_unexplained(verdict->differences);

    if (unexplained == 0) {
        g_print(_("What the guest sees, what QEMU says and what is promised agree "
                  "(%s, %s, %s, %u vCPUs, %.1f ms)."),
                verdict->def->emulator, verdict->def->machine,
                virtcpu_virt_type_to_string(verdict->def->virt_type), verdict->proof.sees->len,
                (double)verdict->proof.microseconds / 1000);
        g_print("\n");
        return;
    }
    print_table(verdict->differences);
}

static void
append_json(VirtCpuJson *list, const VirtCpuGuestDifference *difference)
{
    VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

    virtcpu_json_set_int(entry, "vcpu", difference->vcpu);
    if (difference->reg == VIRTCPU_REGISTER_MSR) {
        virtcpu_json_set_int(entry, "msr", difference->leaf);
    } else {
        virtcpu_json_set_int(entry, "leaf", difference->leaf);
        virtcpu_json_set_int(entry, "subleaf", difference->subleaf);
        virtcpu_json_set_string(entry, "register", virtcpu_register_to_string(difference->reg));
    }
    if (difference->bit >= 0) {
        virtcpu_json_set_int(entry, "bit", difference->bit);
    }
    virtcpu_json_set_string(entry, "what", difference->what);
    virtcpu_json_set_string(entry, "sees", difference->sees);
    virtcpu_json_set_string(entry, "says", difference->says);
    virtcpu_json_set_string(entry, "promises", difference->promises);
    virtcpu_json_set_string(entry, "explanation", difference->why);
}

static void
print_json(const VirtCpuGuestVerdict *verdict)
{
    g_autoptr(VirtCpuJson) out = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_bool(out, "agree", virtcpu_guest_count_unexplained(verdict->differences) == 0);
    virtcpu_json_set_string(out, "emulator", verdict->def->emulator);
    virtcpu_json_set_string(out, "machine", verdict->def->machine);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(verdict->def->virt_type));
    virtcpu_json_set_int(out, "vcpus", verdict->proof.sees->len);
    virtcpu_json_set_int(out, "microseconds", verdict->proof.microseconds);
    list = virtcpu_json_set(out, "differences", virtcpu_json_new_array());
    for (guint i = 0; i < verdict->differences->len; i++) {
        append_json(list, g_ptr_array_index(verdict->differences, i));
    }
    tool_output_print_json(out);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *qemu = NULL;
    g_autofree char *machine = NULL;
    g_autofree char *virt_type = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &qemu,
          N_("Run this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &machine,
          N_("Use this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_autoptr(VirtCpuDomainDef) def = files != NULL ? read_domain(files[0], error) : NULL;
    g_autofree char *binary = qemu != NULL ? tool_qemu_path(qemu) : NULL;
    g_auto(VirtCpuGuestVerdict) verdict = { 0 };
    VirtCpuGuestChoice choice;

    if (def == NULL) {
        return TOOL_EXIT_ERROR;
    }
    choice = (VirtCpuGuestChoice){
        .binary = binary,
        .machine = machine,
        .virt_type = virt_type,
    };
    if (!virtcpu_guest_verify(def, &choice, &verdict, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (json) {
        print_json(&verdict);
    } else {
        print_text(&verdict);
    }
    return virtcpu_guest_count_unexplained(verdict.differences) == 0 ? TOOL_EXIT_OK
                                                                     : TOOL_EXIT_INCOMPATIBLE;
}

const ToolVerb tool_verb_verify = {
    .name = "verify",
    .arguments = "FILE",
    .summary = N_("Run a guest that reads its CPU: is it what QEMU says and the file promises?"),
    .run = run,
};
