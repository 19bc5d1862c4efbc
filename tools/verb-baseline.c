/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/input.h"
#include "tools/libvirt.h"
#include "tools/options.h"
#include "tools/output.h"

/* Every CPU of every file. */
static GPtrArray *
read_all(char **files, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    for (char **file = files; *file != NULL; file++) {
        g_autoptr(GPtrArray) cpus = tool_input_cpus(*file, error);

        if (cpus == NULL) {
            return NULL;
        }
        if (all == NULL) {
            all = g_steal_pointer(&cpus);
        } else {
            g_ptr_array_extend_and_steal(all, g_steal_pointer(&cpus));
        }
    }
    return g_steal_pointer(&all);
}

/* The first of @cpus that has no baseline even alone, and so is at fault; NULL when it is their
 * being together. */
static const ToolCpu *
find_culprit(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options)
{
    for (guint i = 0; i < cpus->len; i++) {
        const ToolCpu *cpu = g_ptr_array_index(cpus, i);
        g_autoptr(GPtrArray) alone = g_ptr_array_new();
        g_autoptr(VirtCpuDef) result = NULL;

        g_ptr_array_add(alone, cpu->def);
        result = virtcpu_cpu_baseline(arch, alone, options, NULL);
        if (result == NULL) {
            return cpu;
        }
    }
    return NULL;
}

static VirtCpuDef *
baseline(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
         GError **error)
{
    g_autoptr(GPtrArray) defs = g_ptr_array_new();
    VirtCpuDef *result;

    for (guint i = 0; i < cpus->len; i++) {
        g_ptr_array_add(defs, ((const ToolCpu *)g_ptr_array_index(cpus, i))->def);
    }
    result = virtcpu_cpu_baseline(arch, defs, options, error);
    if (result == NULL) {
        const ToolCpu *culprit = find_culprit(arch, cpus, options);

        if (culprit != NULL) {
            g_prefix_error(error, "%s: ", culprit->where);
        }
    }
    return result;
}

/* The same, asked of the daemon. */
static VirtCpuDef *
ask_baseline(const ToolConnect *connect, const GPtrArray *cpus,
             const VirtCpuBaselineOptions *options, GError **error)
{
    g_autoptr(ToolLibvirt) libvirt = tool_libvirt_open(connect, error);
    g_autoptr(GPtrArray) xmls = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *xml = NULL;

    if (libvirt == NULL) {
        return NULL;
    }
    for (guint i = 0; i < cpus->len; i++) {
        g_ptr_array_add(xmls,
                        virtcpu_def_to_xml(((const ToolCpu *)g_ptr_array_index(cpus, i))->def));
    }
    g_ptr_array_add(xmls, NULL);
    xml = tool_libvirt_baseline(libvirt, (const char **)xmls->pdata, options->expand_features,
                                options->migratable, error);
    return xml != NULL ? virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, error) : NULL;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    VirtCpuBaselineOptions options = { 0 };
    g_autofree char *list = NULL;
    g_autofree char *arch_name = NULL;
    g_auto(GStrv) models = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "features", 0, 0, G_OPTION_ARG_NONE, &options.expand_features,
          N_("Name every feature of the model"), NULL },
        { "migratable", 0, 0, G_OPTION_ARG_NONE, &options.migratable,
          N_("Leave out features that block migration"), NULL },
        { "models", 0, 0, G_OPTION_ARG_STRING, &list, N_("Use only these models"), N_("M,M…") },
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name,
          N_("Architecture of CPUs that name none (this machine's)"), N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, G_MAXINT, error);
    g_autoptr(GPtrArray) cpus = NULL;
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);
    VirtCpuArch arch;
    VirtCpuDef *result;

    if (files == NULL || !tool_options_arch(arch_name, &arch, error) ||
        !tool_options_models(list, arch, &models, error) ||
        !tool_connect_check_offline(verb->connect, "--models", list != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--arch", arch_name != NULL, error) ||
        (cpus = read_all(files, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    options.models = (const char *const *)models;
    result = tool_connect_is_given(verb->connect)
                 ? ask_baseline(verb->connect, cpus, &options, error)
                 : baseline(arch, cpus, &options, error);
    if (result == NULL) {
        return TOOL_EXIT_ERROR;
    }
    g_ptr_array_add(results, result);
    tool_output_print_defs(results, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_baseline = {
    .name = "baseline",
    .arguments = "FILE…",
    .summary = N_("Print the richest CPU that all CPUs in the files can run"),
    .reach = TOOL_EITHER,
    .run = run,
};
