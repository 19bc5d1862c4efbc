/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"

/* Every one of @cpus; NULL with @error naming the one it is about. */
static GPtrArray *
expand_all(VirtCpuArch arch, const GPtrArray *cpus, gboolean migratable, GError **error)
{
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);

    for (guint i = 0; i < cpus->len; i++) {
        const ToolCpu *cpu = g_ptr_array_index(cpus, i);
        VirtCpuDef *result = virtcpu_cpu_expand(arch, cpu->def, migratable, error);

        if (result == NULL) {
            g_prefix_error(error, "%s: ", cpu->where);
            return NULL;
        }
        g_ptr_array_add(results, result);
    }
    return g_steal_pointer(&results);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *arch_name = NULL;
    gboolean migratable = FALSE;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "migratable", 0, 0, G_OPTION_ARG_NONE, &migratable,
          N_("Leave out features that block migration"), NULL },
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name,
          N_("Architecture of CPUs that name none (this machine's)"), N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_autoptr(GPtrArray) cpus = NULL;
    g_autoptr(GPtrArray) results = NULL;
    VirtCpuArch arch;

    if (files == NULL || !tool_options_arch(arch_name, &arch, error) ||
        (cpus = tool_input_cpus(files[0], error)) == NULL ||
        (results = expand_all(arch, cpus, migratable, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    tool_output_print_defs(results, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_expand = {
    .name = "expand",
    .arguments = "FILE",
    .summary = N_("Print a CPU with every feature named"),
    .run = run,
};
