/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/cpu-args.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/qemu.h"

/* What was chosen on the command line; NULL leaves it to the definition. */
typedef struct {
    char *binary, *replies, *machine, *virt_type, *form, *root;
} Choice;

static void
choice_clear(Choice *choice)
{
    g_free(choice->binary);
    g_free(choice->replies);
    g_free(choice->machine);
    g_free(choice->virt_type);
    g_free(choice->form);
    g_free(choice->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

/* The definition in @file; @is_domain tells whether it is one, and not a <cpu> alone. */
static VirtCpuDomainDef *
read_subject(const char *file, gboolean *is_domain, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    g_autoptr(xmlDoc) doc = text != NULL ? virtcpu_xml_parse(text, NULL) : NULL;
    VirtCpuDomainDef *def = text != NULL ? virtcpu_subject_parse(text, error) : NULL;

    *is_domain =
        doc != NULL && xmlStrEqual(xmlDocGetRootElement(doc)->name, (const xmlChar *)"domain");
    if (text != NULL && def == NULL) {
        g_prefix_error(error, "%s: ", file);
    }
    return def;
}

/* The form that is asked for, a recording's if nothing is: it has no QEMU to ask. */
static gboolean
choose_form(const Choice *choice, const VirtCpuDomainDef *def, VirtCpuCpuForm *form, GError **error)
{
    if (!tool_options_form(choice->form, form, error)) {
        return FALSE;
    }
    if (*form == VIRTCPU_CPU_FORM_DEFAULT) {
        *form = def->cpu_form;
    }
    if (choice->replies != NULL && *form == VIRTCPU_CPU_FORM_DEFAULT) {
        *form = VIRTCPU_CPU_FORM_NAMED;
    }
    if (choice->replies != NULL && *form == VIRTCPU_CPU_FORM_EXPLICIT) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("the explicit form is what a QEMU says of the CPU under its machine "
                            "type, which '%s' does not hold: ask a QEMU, or for --form named"),
                          choice->replies);
        return FALSE;
    }
    return TRUE;
}

/* The QEMU that @def is for. */
static VirtCpuQemuCaps *
get_caps(const Choice *choice, const VirtCpuDomainDef *def, gboolean is_domain, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_autofree char *own = NULL;
    const char *binary = choice->binary != NULL ? choice->binary : def->emulator;
    const char *virt_type = choice->virt_type;
    VirtCpuArch arch = def->arch != VIRTCPU_ARCH_NONE ? def->arch : virtcpu_arch_host();

    if (virt_type == NULL && is_domain) {
        virt_type = virtcpu_virt_type_to_string(def->virt_type);
    }
    if (choice->replies != NULL) {
        return tool_qemu_replies(choice->replies, binary, virt_type, error);
    }
    if (!tool_qemu_init(&qemu, choice->root, error)) {
        return NULL;
    }
    if (binary == NULL) {
        binary = own = virtcpu_qemu_cache_binary(qemu.cache, arch);
    }
    if (binary == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("unable to find any emulator to serve '%s' architecture"),
                          virtcpu_arch_to_string(arch));
        return NULL;
    }
    return tool_qemu_caps(&qemu, binary, virt_type, error);
}

static gboolean
make_line(const Choice *choice, const char *file, VirtCpuCpuLine *line, GError **error)
{
    gboolean is_domain;
    g_autoptr(VirtCpuDomainDef) def = read_subject(file, &is_domain, error);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    VirtCpuCpuArgsChoice args = { .def = def, .machine = choice->machine };

    if (def == NULL || !choose_form(choice, def, &args.form, error)) {
        return FALSE;
    }
    args.caps = caps = get_caps(choice, def, is_domain, error);
    return caps != NULL && virtcpu_cpu_args(&args, line, error);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Choice) choice = { 0 };
    const GOptionEntry entries[] = {
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &choice.binary,
          N_("For this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "replies", 0, 0, G_OPTION_ARG_FILENAME, &choice.replies,
          N_("For the QEMU whose conversation is recorded in FILE"), N_("FILE") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &choice.machine,
          N_("For this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &choice.virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "form", 0, 0, G_OPTION_ARG_STRING, &choice.form,
          N_("explicit or named (the definition's, else explicit; of a recording named)"),
          N_("F") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &choice.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_auto(VirtCpuCpuLine) line = { 0 };

    if (files == NULL || !make_line(&choice, files[0], &line, error)) {
        return TOOL_EXIT_ERROR;
    }
    g_print("%s\n", line.cpu);
    for (char **global = line.globals; *global != NULL; global++) {
        g_print("-global %s\n", *global);
    }
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_args = {
    .name = "args",
    .arguments = "FILE",
    .summary = N_("Print the -cpu argument that a definition's CPU gets"),
    .run = run,
};
