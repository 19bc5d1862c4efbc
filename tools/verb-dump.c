/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/dump-answer.h"
#include "tools/bus.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"
#include "tools/question.h"

/* What the command line says. */
typedef struct {
    ToolQuestion question;
    char *format;
    gboolean self_test, json;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    tool_question_clear(&wishes->question);
    g_free(wishes->format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* Each prints the document of a dump in one form. */
typedef void (*PrintFunc)(const VirtCpuJson *dump);

/* Options as a shell takes them, one a line. */
static void
print_line(const VirtCpuJson *dump)
{
    const VirtCpuJson *options = virtcpu_json_get(dump, "options");

    for (gsize i = 0; i + 1 < virtcpu_json_size(options); i += 2) {
        g_autofree char *value =
            g_shell_quote(virtcpu_json_to_string(virtcpu_json_at(options, i + 1)));

        g_print("%s %s%s\n", virtcpu_json_to_string(virtcpu_json_at(options, i)), value,
                i + 2 < virtcpu_json_size(options) ? " \\" : "");
    }
}

static void
print_config(const VirtCpuJson *dump)
{
    g_print("%s", virtcpu_json_get_string(dump, "readconfig"));
}

static const struct {
    const char *name;
    PrintFunc print;
} formats[] = {
    { "cpu", print_line },
    { "readconfig", print_config },
    { "json", tool_output_print_json },
};

static PrintFunc
find_format(const Wishes *wishes, GError **error)
{
    const char *name = wishes->format != NULL ? wishes->format : wishes->json ? "json" : "cpu";

    if (wishes->json && !g_str_equal(name, "json")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("--json and --format %s exclude each other."), name);
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_equal(formats[i].name, name)) {
            return formats[i].print;
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                _("--format is one of cpu, readconfig and json, not '%s'."), name);
    return NULL;
}

static void
print_proof(const VirtCpuJson *dump)
{
    const VirtCpuJson *proof = virtcpu_json_get(dump, "self-test");
    const VirtCpuJson *differences = virtcpu_json_get(proof, "differences");

    for (gsize i = 0; i < virtcpu_json_size(differences); i++) {
        const VirtCpuJson *difference = virtcpu_json_at(differences, i);

        if (virtcpu_json_get(difference, "explanation") == NULL) {
            g_print(_("%s: %s was %s, is %s"), virtcpu_json_get_string(difference, "form"),
                    virtcpu_json_get_string(difference, "what"),
                    virtcpu_json_get_string(difference, "was"),
                    virtcpu_json_get_string(difference, "is"));
            g_print("\n");
        }
    }
    g_print(_("%s (%s, %s, %s) made again as %s: %d properties, %d CPUID leaves in the guest, %d "
              "unexplained differences"),
            virtcpu_json_get_string(dump, "cpu"), virtcpu_json_get_string(dump, "qemu"),
            virtcpu_json_get_string(dump, "machine"), virtcpu_json_get_string(dump, "virt-type"),
            virtcpu_json_get_string(dump, "base"), (int)tool_output_int(proof, "properties"),
            (int)tool_output_int(proof, "leaves"), (int)tool_output_int(proof, "unexplained"));
    g_print("\n");
}

/* The document about the CPU that @argument names. */
static VirtCpuJson *
ask(const char *argument, const Wishes *wishes, GError **error)
{
    g_autofree char *binary =
        wishes->question.qemu != NULL ? tool_qemu_path(wishes->question.qemu) : NULL;
    const gboolean is_file = tool_input_is_file(argument);
    g_autoptr(VirtCpuDomainDef) def = is_file ? tool_input_subject(argument, error) : NULL;
    const VirtCpuGuestQuestion question = {
        .def = def,
        .model = argument,
        .choice = {
            .binary = binary,
            .machine = wishes->question.machine,
            .virt_type = wishes->question.virt_type,
        },
    };
    g_auto(ToolQemu) qemu = { 0 };

    if ((is_file && def == NULL) || !tool_qemu_init(&qemu, wishes->question.root, error)) {
        return NULL;
    }
    return virtcpu_dump_answer(qemu.host, qemu.cache, &question, wishes->self_test, error);
}

/* The same by the daemon; of a domain of it when @argument is NULL. */
static VirtCpuJson *
ask_daemon(const ToolConnect *connect, const char *argument, const Wishes *wishes, GError **error)
{
    const gboolean is_file = argument != NULL && tool_input_is_file(argument);
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

    tool_bus_add_text(&options, "model", is_file ? NULL : argument);
    if (wishes->self_test) {
        g_variant_dict_insert(&options, "self-test", "b", TRUE);
    }
    return tool_question_ask(&wishes->question, connect, "Dump", is_file ? argument : NULL,
                             &options, error);
}

static VirtCpuJson *
get_dump(const ToolConnect *connect, const char *argument, const Wishes *wishes, GError **error)
{
    return tool_question_is_online(&wishes->question, connect)
               ? ask_daemon(connect, argument, wishes, error)
               : ask(argument, wishes, error);
}

static ToolExit
run_wishes(const ToolConnect *connect, const char *argument, const Wishes *wishes, GError **error)
{
    PrintFunc print = find_format(wishes, error);
    g_autoptr(VirtCpuJson) dump = print != NULL ? get_dump(connect, argument, wishes, error) : NULL;
    const VirtCpuJson *proof = virtcpu_json_get(dump, "self-test");

    if (dump == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (wishes->self_test && print != tool_output_print_json) {
        print_proof(dump);
    } else {
        print(dump);
    }
    return tool_output_int(proof, "unexplained") == 0 ? TOOL_EXIT_OK : TOOL_EXIT_INCOMPATIBLE;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    const GOptionEntry entries[] = {
        { "domain", 0, 0, G_OPTION_ARG_STRING, &wishes.question.domain,
          N_("A domain of the daemon's, as it runs or would run"), N_("D") },
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &wishes.question.qemu,
          N_("Ask this QEMU (the definition's, else the installed one)"), N_("BINARY") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &wishes.question.machine,
          N_("Use this machine type (the definition's, else QEMU's default)"), N_("M") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.question.virt_type,
          N_("kvm or qemu (the definition's, else kvm where it works)"), N_("T") },
        { "format", 0, 0, G_OPTION_ARG_STRING, &wishes.format,
          N_("Print a -cpu line (cpu), a file for -readconfig (readconfig) or JSON (json)"),
          N_("F") },
        { "self-test", 0, 0, G_OPTION_ARG_NONE, &wishes.self_test,
          N_("Make the CPU again from the dump and compare"), NULL },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.question.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 1, error);

    return rest != NULL && tool_options_subject(verb, rest[0], wishes.question.domain, error)
               ? run_wishes(verb->connect, rest[0], &wishes, error)
               : TOOL_EXIT_ERROR;
}

const ToolVerb tool_verb_dump = {
    .name = "dump",
    .arguments = "[MODEL|FILE]",
    .summary = N_("Print every property of a CPU as QEMU has it"),
    .reach = TOOL_EITHER,
    .run = run,
};
