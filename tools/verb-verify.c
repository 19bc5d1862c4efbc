/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/guest-verify.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* "0x7 0 ebx 5", "msr 0x10a 3": where a difference is. */
static char *
place_of(const VirtCpuJson *difference)
{
    gint64 leaf = 0;
    gint64 subleaf = 0;
    gint64 bit = -1;
    const gboolean is_msr = virtcpu_json_get_int(difference, "msr", &leaf);
    g_autofree char *bit_text = virtcpu_json_get_int(difference, "bit", &bit)
                                    ? g_strdup_printf(" %" G_GINT64_FORMAT, bit)
                                    : g_strdup("");

    if (is_msr) {
        return g_strdup_printf("msr 0x%" G_GINT64_MODIFIER "x%s", leaf, bit_text);
    }
    (void)virtcpu_json_get_int(difference, "leaf", &leaf);
    (void)virtcpu_json_get_int(difference, "subleaf", &subleaf);
    return g_strdup_printf("0x%" G_GINT64_MODIFIER "x %" G_GINT64_FORMAT " %s%s", leaf, subleaf,
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
        gint64 vcpu = 0;

        if (virtcpu_json_get(difference, "explanation") == NULL) {
            (void)virtcpu_json_get_int(difference, "vcpu", &vcpu);
            g_print("%-5d%-24s%-24s%-12s%-12s%s\n", (int)vcpu, place,
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
    gint64 microseconds = 0;
    gint64 vcpus = 0;

    if (!virtcpu_json_get_bool(verdict, "agree", FALSE)) {
        print_table(virtcpu_json_get(verdict, "differences"));
        return;
    }
    (void)virtcpu_json_get_int(verdict, "microseconds", &microseconds);
    (void)virtcpu_json_get_int(verdict, "vcpus", &vcpus);
    g_print(_("What the guest sees, what QEMU says and what is promised agree "
              "(%s, %s, %s, %u vCPUs, %.1f ms)."),
            virtcpu_json_get_string(verdict, "emulator"),
            virtcpu_json_get_string(verdict, "machine"),
            virtcpu_json_get_string(verdict, "virt-type"), (unsigned)vcpus,
            (double)microseconds / 1000);
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

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *qemu = NULL;
    g_autofree char *machine = NULL;
    g_autofree char *virt_type = NULL;
    g_autofree char *form = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &qemu,
          N_("Run this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &machine,
          N_("Use this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "form", 0, 0, G_OPTION_ARG_STRING, &form,
          N_("explicit or named (the definition's, else explicit)"), N_("F") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_autoptr(VirtCpuDomainDef) def = files != NULL ? tool_input_subject(files[0], error) : NULL;
    g_autofree char *binary = qemu != NULL ? tool_qemu_path(qemu) : NULL;
    g_auto(VirtCpuGuestVerdict) verdict = { 0 };
    g_autoptr(VirtCpuJson) answer = NULL;
    VirtCpuGuestChoice choice = {
        .binary = binary,
        .machine = machine,
        .virt_type = virt_type,
    };

    if (def == NULL || !tool_options_form(form, &choice.form, error) ||
        !virtcpu_guest_verify(def, &choice, &verdict, error)) {
        return TOOL_EXIT_ERROR;
    }
    answer = virtcpu_guest_verdict_to_json(&verdict);
    return show(answer, json);
}

const ToolVerb tool_verb_verify = {
    .name = "verify",
    .arguments = "FILE",
    .summary = N_("Run a guest that reads its CPU: is it what QEMU says and the file promises?"),
    .run = run,
};
