/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "tools/input.h"
#include "tools/libvirt.h"
#include "tools/options.h"
#include "tools/output.h"

/* One answer. */
typedef struct {
    const ToolCpu *cpu;
    VirtCpuCompareResult result;
    GPtrArray *reasons; /* of char * */
} Answer;

static void
answer_free(gpointer data)
{
    Answer *answer = data;

    g_ptr_array_unref(answer->reasons);
    g_free(answer);
}

/* The first word of an answer. */
static const char *
result_word(VirtCpuCompareResult result)
{
    switch (result) {
    case VIRTCPU_COMPARE_IDENTICAL:
        return "identical";
    case VIRTCPU_COMPARE_SUPERSET:
        return "superset";
    case VIRTCPU_COMPARE_DELEGATED:
        return "delegated";
    case VIRTCPU_COMPARE_INCOMPATIBLE:
    case VIRTCPU_COMPARE_ERROR:
    default:
        return "incompatible";
    }
}

/* NULL with @error set when there is no verdict. */
static Answer *
compare_one(const VirtCpuDef *host, const ToolCpu *cpu, GError **error)
{
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
    VirtCpuCompareResult result = virtcpu_cpu_compare_reasons(host, cpu->def, reasons, error);
    Answer *answer;

    if (result == VIRTCPU_COMPARE_DELEGATED) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("only QEMU can compare CPUs of architecture %s"),
                          virtcpu_arch_to_string(host->arch));
    }
    if (result == VIRTCPU_COMPARE_ERROR || result == VIRTCPU_COMPARE_DELEGATED) {
        g_prefix_error(error, "%s: ", cpu->where);
        return NULL;
    }
    answer = g_new0(Answer, 1);
    answer->cpu = cpu;
    answer->result = result;
    answer->reasons = g_steal_pointer(&reasons);
    return answer;
}

static void
print_text(const GPtrArray *answers)
{
    for (guint i = 0; i < answers->len; i++) {
        const Answer *answer = g_ptr_array_index(answers, i);

        g_print("%s", result_word(answer->result));
        if (answers->len > 1) {
            g_print(" %s", answer->cpu->where);
        }
        g_print("\n");
        for (guint j = 0; j < answer->reasons->len; j++) {
            g_print("  %s\n", (const char *)g_ptr_array_index(answer->reasons, j));
        }
    }
}

static void
print_json(const GPtrArray *answers)
{
    g_autoptr(VirtCpuJson) list = virtcpu_json_new_array();

    for (guint i = 0; i < answers->len; i++) {
        const Answer *answer = g_ptr_array_index(answers, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());
        VirtCpuJson *reasons;

        virtcpu_json_set_string(entry, "result", result_word(answer->result));
        virtcpu_json_set_string(entry, "cpu", answer->cpu->where);
        reasons = virtcpu_json_set(entry, "reasons", virtcpu_json_new_array());
        for (guint j = 0; j < answer->reasons->len; j++) {
            virtcpu_json_append(reasons,
                                virtcpu_json_new_string(g_ptr_array_index(answer->reasons, j)));
        }
    }
    tool_output_print_json(answers->len == 1 ? virtcpu_json_at(list, 0) : list);
}

/* The same, asked of the daemon about its host. */
static Answer *
ask_one(ToolLibvirt *libvirt, const ToolCpu *cpu, GError **error)
{
    g_autofree char *xml = virtcpu_def_to_xml(cpu->def);
    char *reason = NULL;
    const VirtCpuCompareResult result = tool_libvirt_compare(libvirt, xml, &reason, error);
    Answer *answer;

    if (result == VIRTCPU_COMPARE_ERROR) {
        g_prefix_error(error, "%s: ", cpu->where);
        return NULL;
    }
    answer = g_new0(Answer, 1);
    answer->cpu = cpu;
    answer->result = result;
    answer->reasons = g_ptr_array_new_with_free_func(g_free);
    if (reason != NULL) {
        g_ptr_array_add(answer->reasons, reason);
    }
    return answer;
}

/* By @host or, where that is NULL, by the daemon's. All of @cpus or none: an error names the CPU it
 * is about. */
static GPtrArray *
compare_all(const VirtCpuDef *host, ToolLibvirt *libvirt, const GPtrArray *cpus, GError **error)
{
    g_autoptr(GPtrArray) answers = g_ptr_array_new_with_free_func(answer_free);

    for (guint i = 0; i < cpus->len; i++) {
        const ToolCpu *cpu = g_ptr_array_index(cpus, i);
        Answer *answer =
            libvirt != NULL ? ask_one(libvirt, cpu, error) : compare_one(host, cpu, error);

        if (answer == NULL) {
            return NULL;
        }
        g_ptr_array_add(answers, answer);
    }
    return g_steal_pointer(&answers);
}

/* The worst of the answers. */
static ToolExit
exit_status(const GPtrArray *answers)
{
    for (guint i = 0; i < answers->len; i++) {
        const Answer *answer = g_ptr_array_index(answers, i);

        if (answer->result == VIRTCPU_COMPARE_INCOMPATIBLE) {
            return TOOL_EXIT_INCOMPATIBLE;
        }
    }
    return TOOL_EXIT_OK;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *host_file = NULL;
    g_autofree char *arch_name = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "host", 0, 0, G_OPTION_ARG_FILENAME, &host_file,
          N_("Compare with the CPU in FILE (this machine's)"), N_("FILE") },
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name,
          N_("Architecture of a host CPU that names none (this machine's)"), N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_autoptr(ToolLibvirt) libvirt = NULL;
    g_autoptr(VirtCpuDef) host = NULL;
    g_autoptr(GPtrArray) cpus = NULL;
    g_autoptr(GPtrArray) answers = NULL;
    VirtCpuArch arch;

    if (files == NULL || !tool_options_arch(arch_name, &arch, error) ||
        !tool_connect_check_offline(verb->connect, "--host", host_file != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--arch", arch_name != NULL, error) ||
        (cpus = tool_input_cpus(files[0], error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (tool_connect_is_given(verb->connect)) {
        libvirt = tool_libvirt_open(verb->connect, error);
    } else {
        host = tool_input_host(host_file, arch, error);
    }
    if ((host == NULL && libvirt == NULL) ||
        (answers = compare_all(host, libvirt, cpus, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (json) {
        print_json(answers);
    } else {
        print_text(answers);
    }
    return exit_status(answers);
}

const ToolVerb tool_verb_compare = {
    .name = "compare",
    .arguments = "FILE",
    .summary = N_("Tell whether a host can run a CPU: identical, superset or incompatible"),
    .reach = TOOL_EITHER,
    .run = run,
};
