/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/options.h"
#include "tools/output.h"

static void
append_json(VirtCpuJson *list, VirtCpuArch arch, const VirtCpuModelInfo *info)
{
    g_autofree const char **features = virtcpu_cpu_model_features(arch, info->name);
    VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

    virtcpu_json_set_string(entry, "name", info->name);
    virtcpu_json_set_string(entry, "family", info->family);
    virtcpu_json_set_int(entry, "version", info->version);
    virtcpu_json_set_string(entry, "vendor", info->vendor);
    virtcpu_json_set_int(entry, "abi-level", info->level);
    virtcpu_json_set_bool(entry, "decode-host", info->decode_host);
    virtcpu_json_set_bool(entry, "decode-guest", info->decode_guest);
    virtcpu_json_set(entry, "features", virtcpu_json_new_strings(features));
}

static void
print_row(VirtCpuArch arch, const VirtCpuModelInfo *info)
{
    g_autofree const char **features = virtcpu_cpu_model_features(arch, info->name);

    g_print("%-32s%-4u%-10s", info->name, info->version, info->vendor != NULL ? info->vendor : "-");
    if (info->level == 0) {
        g_print("%-11s", "-");
    } else {
        g_print("x86-64-v%-3u", info->level);
    }
    tool_output_print_words(features);
}

static void
print_models(VirtCpuArch arch, const char **names, gboolean json)
{
    g_autoptr(VirtCpuJson) list = virtcpu_json_new_array();

    for (const char **name = names; *name != NULL; name++) {
        VirtCpuModelInfo info;

        if (!virtcpu_cpu_model_info(arch, *name, &info)) {
            continue;
        }
        if (json) {
            append_json(list, arch, &info);
        } else {
            print_row(arch, &info);
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

    if (rest == NULL || !tool_options_arch(arch_name, &arch, error) ||
        (names = virtcpu_cpu_model_names(arch, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (names[0] == NULL) {
        g_set_error(
            error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
            _("The map has no models of '%s': only its QEMU knows them. Ask one with "
              "'virtcpu probe', or the daemon with 'virsh hypervisor-cpu-models --arch %s'."),
            virtcpu_arch_to_string(arch), virtcpu_arch_to_string(arch));
        return TOOL_EXIT_ERROR;
    }
    print_models(arch, names, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_models = {
    .name = "models",
    .arguments = "",
    .summary = N_("List the map's models: name, version, vendor, ABI level, features"),
    .run = run,
};
