/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/explain-answer.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"
#include "tools/question.h"

#include <string.h>

static void
print_feature(const VirtCpuJson *feature, int width)
{
    g_print("%-*s  %-9s %-11s %s\n", width, virtcpu_json_get_string(feature, "name"),
            virtcpu_json_get_string(feature, "state"), virtcpu_json_get_string(feature, "layer"),
            virtcpu_json_get_string(feature, "evidence"));
    g_print("%-*s  %-9s %-11s %s\n", width, "", "", "", virtcpu_json_get_string(feature, "remedy"));
}

static void
print_text(const VirtCpuJson *answer, gint64 wrong)
{
    const VirtCpuJson *features = virtcpu_json_get(answer, "features");
    const char *refusal = virtcpu_json_get_string(answer, "irqchip-refusal");
    int width = (int)strlen(_("feature"));

    for (gsize i = 0; i < virtcpu_json_size(features); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(features, i), "name");

        width = MAX(width, (int)strlen(name));
    }
    if (virtcpu_json_size(features) > 0) {
        g_print("%-*s  %-9s %-11s %s\n", width, _("feature"), _("state"), _("layer"),
                _("evidence, and what would help"));
    }
    for (gsize i = 0; i < virtcpu_json_size(features); i++) {
        print_feature(virtcpu_json_at(features, i), width);
    }
    if (refusal != NULL) {
        g_print(_("What needs the interrupt controller in the kernel is not known: %s"), refusal);
        g_print("\n");
    }
    g_print(_("%d features are not as promised (%s, %s, %s)"), (int)wrong,
            virtcpu_json_get_string(answer, "qemu"), virtcpu_json_get_string(answer, "machine"),
            virtcpu_json_get_string(answer, "virt-type"));
    g_print("\n");
}

static VirtCpuJson *
ask(const char *file, const ToolQuestion *wishes, GError **error)
{
    g_autofree char *binary = wishes->qemu != NULL ? tool_qemu_path(wishes->qemu) : NULL;
    g_autoptr(VirtCpuDomainDef) def = tool_input_subject(file, error);
    const VirtCpuGuestQuestion question = {
        .def = def,
        .choice = {
            .binary = binary,
            .machine = wishes->machine,
            .virt_type = wishes->virt_type,
        },
    };
    g_auto(ToolQemu) qemu = { 0 };

    return def != NULL && tool_qemu_init(&qemu, wishes->root, error)
               ? virtcpu_explain_answer(qemu.host, qemu.cache, &question, error)
               : NULL;
}

/* The same by the daemon; of a domain of it when @file is NULL. */
static VirtCpuJson *
ask_daemon(const ToolConnect *connect, const char *file, const ToolQuestion *wishes, GError **error)
{
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

    return tool_question_ask(wishes, connect, "Explain", file, &options, error);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(ToolQuestion) wishes = { 0 };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "domain", 0, 0, G_OPTION_ARG_STRING, &wishes.domain,
          N_("A domain of the daemon's, as it runs or would run, instead of FILE"), N_("D") },
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &wishes.qemu,
          N_("Ask this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &wishes.machine,
          N_("Use this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 0, 1, error);
    g_autoptr(VirtCpuJson) answer = NULL;
    gint64 wrong;

    if (files == NULL || !tool_options_subject(verb, files[0], wishes.domain, error)) {
        return TOOL_EXIT_ERROR;
    }
    answer = tool_question_is_online(&wishes, verb->connect)
                 ? ask_daemon(verb->connect, files[0], &wishes, error)
                 : ask(files[0], &wishes, error);
    if (answer == NULL) {
        return TOOL_EXIT_ERROR;
    }
    wrong = tool_output_int(answer, "wrong");
    if (json) {
        tool_output_print_json(answer);
    } else {
        print_text(answer, wrong);
    }
    return wrong == 0 ? TOOL_EXIT_OK : TOOL_EXIT_INCOMPATIBLE;
}

const ToolVerb tool_verb_explain = {
    .name = "explain",
    .arguments = "[FILE]",
    .summary =
        N_("Print why a guest's CPU is not what the file says: which layer decides, and what "
           "helps"),
    .reach = TOOL_EITHER,
    .run = run,
};
