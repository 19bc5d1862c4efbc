/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/guest-verify.h"
#include "tools/bus.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"
#include "tools/question.h"

/* "0x7 0 ebx 5", "msr 0x10a 3": where a difference is. */
static char *
place_of(const VirtCpuJson *difference)
{
    gint64 bit = -1;
    g_autofree char *bit_text = virtcpu_json_get_int(difference, "bit", &bit)
                                    ? g_strdup_printf(" %" G_GINT64_FORMAT, bit)
                                    : g_strdup("");

    if (virtcpu_json_get(difference, "msr") != NULL) {
        return g_strdup_printf("msr 0x%" G_GINT64_MODIFIER "x%s",
                               tool_output_int(difference, "msr"), bit_text);
    }
    return g_strdup_printf("0x%" G_GINT64_MODIFIER "x %" G_GINT64_FORMAT " %s%s",
                           tool_output_int(difference, "leaf"),
                           tool_output_int(difference, "subleaf"),
                           virtcpu_json_get_string(difference, "register"), bit_text);
}

static void
print_table(const VirtCpuJson *differences)
{
    g_print("%-5s%-24s%-24s%-12s%-12s%s\n", _("vCPU"), _("where"), _("what"), _("sees"), _("says"),
            _("promises"));
    for (gsize i = 0; i < virtcpu_json_size(differences); i++) {
        const VirtCpuJson *difference = virtcpu_json_at(differences, i);
        g_autofree char *place = place_of(difference);

        if (virtcpu_json_get(difference, "explanation") == NULL) {
            g_print("%-5d%-24s%-24s%-12s%-12s%s\n", (int)tool_output_int(difference, "vcpu"), place,
                    virtcpu_json_get_string(difference, "what"),
                    virtcpu_json_get_string(difference, "sees"),
                    virtcpu_json_get_string(difference, "says"),
                    virtcpu_json_get_string(difference, "promises"));
        }
    }
}

static void
print_text(const VirtCpuJson *verdict)
{
    if (!virtcpu_json_get_bool(verdict, "agree", FALSE)) {
        print_table(virtcpu_json_get(verdict, "differences"));
        return;
    }
    g_print(
        _("What the guest sees, what QEMU says and what is promised agree "
          "(%s, %s, %s, %u vCPUs, %.1f ms)."),
        virtcpu_json_get_string(verdict, "emulator"), virtcpu_json_get_string(verdict, "machine"),
        virtcpu_json_get_string(verdict, "virt-type"), (unsigned)tool_output_int(verdict, "vcpus"),
        (double)tool_output_int(verdict, "microseconds") / 1000);
    g_print("\n");
}

/* Print @verdict, as virtcpu_guest_verdict_to_json gives it. */
static ToolExit
show(const VirtCpuJson *verdict, gboolean json)
{
    if (json) {
        tool_output_print_json(verdict);
    } else {
        print_text(verdict);
    }
    return virtcpu_json_get_bool(verdict, "agree", FALSE) ? TOOL_EXIT_OK : TOOL_EXIT_INCOMPATIBLE;
}

/* What the command line says; NULL leaves it to the definition. */
typedef struct {
    ToolQuestion question; /* its root stays NULL: nothing is kept */
    char *form;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    tool_question_clear(&wishes->question);
    g_free(wishes->form);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* The verdict on @file, found here. */
static VirtCpuJson *
verify_file(const char *file, const Wishes *wishes, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = tool_input_subject(file, error);
    g_autofree char *binary =
        wishes->question.qemu != NULL ? tool_qemu_path(wishes->question.qemu) : NULL;
    g_auto(VirtCpuGuestVerdict) verdict = { 0 };
    VirtCpuGuestChoice choice = {
        .binary = binary,
        .machine = wishes->question.machine,
        .virt_type = wishes->question.virt_type,
    };

    return def != NULL && tool_options_form(wishes->form, &choice.form, error) &&
                   virtcpu_guest_verify(def, &choice, &verdict, error)
               ? virtcpu_guest_verdict_to_json(&verdict)
               : NULL;
}

/* The verdict on @file or, for NULL, on the domain, found by the daemon. */
static VirtCpuJson *
ask_daemon(const ToolConnect *connect, const char *file, const Wishes *wishes, GError **error)
{
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

    tool_bus_add_text(&options, "form", wishes->form);
    return tool_question_ask(&wishes->question, connect, "Verify", file, &options, error);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "domain", 0, 0, G_OPTION_ARG_STRING, &wishes.question.domain,
          N_("A domain of the daemon's, as it runs or would run, instead of FILE"), N_("D") },
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &wishes.question.qemu,
          N_("Run this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &wishes.question.machine,
          N_("Use this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.question.virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "form", 0, 0, G_OPTION_ARG_STRING, &wishes.form,
          N_("explicit or named (the definition's, else explicit)"), N_("F") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 0, 1, error);
    g_autoptr(VirtCpuJson) verdict = NULL;

    if (files == NULL || !tool_options_subject(verb, files[0], wishes.question.domain, error)) {
        return TOOL_EXIT_ERROR;
    }
    verdict = tool_question_is_online(&wishes.question, verb->connect)
                  ? ask_daemon(verb->connect, files[0], &wishes, error)
                  : verify_file(files[0], &wishes, error);
    return verdict != NULL ? show(verdict, json) : TOOL_EXIT_ERROR;
}

const ToolVerb tool_verb_verify = {
    .name = "verify",
    .arguments = "[FILE]",
    .summary = N_("Run a guest that reads its CPU: is it what QEMU says and the file promises?"),
    .reach = TOOL_EITHER,
    .run = run,
};
