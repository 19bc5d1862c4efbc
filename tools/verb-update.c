/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"

/* Every one of @guests on @host; NULL with @error naming the one it is about. */
static GPtrArray *
update_all(const VirtCpuDef *host, const GPtrArray *guests, GError **error)
{
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);

    for (guint i = 0; i < guests->len; i++) {
        const ToolCpu *guest = g_ptr_array_index(guests, i);
        VirtCpuDef *result = virtcpu_cpu_update(host->arch, guest->def, host, error);

        if (result == NULL) {
            g_prefix_error(error, "%s: ", guest->where);
            return NULL;
        }
        g_ptr_array_add(results, result);
    }
    return g_steal_pointer(&results);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *host_file = NULL;
    g_autofree char *arch_name = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "host", 0, 0, G_OPTION_ARG_FILENAME, &host_file,
          N_("Run it on the CPU in FILE (this machine's)"), N_("FILE") },
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name,
          N_("Architecture of a host CPU that names none (this machine's)"), N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_autoptr(VirtCpuDef) host = NULL;
    g_autoptr(GPtrArray) guests = NULL;
    g_autoptr(GPtrArray) results = NULL;
    VirtCpuArch arch;

    if (files == NULL || !tool_options_arch(arch_name, &arch, error) ||
        (host = tool_input_host(host_file, arch, error)) == NULL ||
        (guests = tool_input_cpus(files[0], error)) == NULL ||
        (results = update_all(host, guests, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    tool_output_print_defs(results, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_update = {
    .name = "update",
    .arguments = "GUEST",
    .summary = N_("Print a guest CPU as it would run on a host"),
    .run = run,
};
