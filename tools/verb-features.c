/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "tools/options.h"
#include "tools/output.h"

static void
append_json(VirtCpuJson *list, const VirtCpuFeatureInfo *info)
{
    VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

    virtcpu_json_set_string(entry, "name", info->name);
    virtcpu_json_set(entry, "aliases", virtcpu_json_new_strings(info->aliases));
    if (info->reg == VIRTCPU_REGISTER_MSR) {
        virtcpu_json_set_int(entry, "msr", info->leaf);
    } else {
        virtcpu_json_set_int(entry, "leaf", info->leaf);
        virtcpu_json_set_int(entry, "subleaf", info->subleaf);
        virtcpu_json_set_string(entry, "register", virtcpu_register_to_string(info->reg));
    }
    virtcpu_json_set_int(entry, "bit", info->bit);
    virtcpu_json_set_bool(entry, "migratable", info->migratable);
}

static void
print_row(const VirtCpuFeatureInfo *info)
{
    g_print("%-36s", info->name);
    if (info->reg == VIRTCPU_REGISTER_MSR) {
        g_print("msr   0x%-11x", info->leaf);
    } else {
        g_print("cpuid 0x%08x %-2x", info->leaf, info->subleaf);
    }
    g_print("%-4s%-4u%-13s", virtcpu_register_to_string(info->reg), info->bit,
            info->migratable ? "migratable" : "-");
    tool_output_print_words(info->aliases);
}

static void
print_features(VirtCpuArch arch, const char **names, gboolean json)
{
    g_autoptr(VirtCpuJson) list = virtcpu_json_new_array();

    for (const char **name = names; *name != NULL; name++) {
        VirtCpuFeatureInfo info;

        if (!virtcpu_cpu_feature_info(arch, *name, &info)) {
            continue;
        }
        if (json) {
            append_json(list, &info);
        } else {
            print_row(&info);
        }
    }
    if (json) {
        tool_output_print_json(list);
    }
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *arch_name = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name, N_("Of this architecture (the machine's)"),
          N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 0, error);
    g_autofree const char **names = NULL;
    VirtCpuArch arch;

    if (rest == NULL || !tool_options_arch(arch_name, &arch, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (!virtcpu_cpu_has_map(arch)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("the map has no features of architecture %s"),
                          virtcpu_arch_to_string(arch));
        return TOOL_EXIT_ERROR;
    }
    names = virtcpu_cpu_feature_names(arch);
    print_features(arch, names, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_features = {
    .name = "features",
    .arguments = "",
    .summary = N_("List the map's features: name, leaf or MSR, register, bit, migratable, aliases"),
    .run = run,
};
