/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/bus.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* One line for each file. */
static void
print_files(const VirtCpuJson *files)
{
    for (gsize i = 0; i < virtcpu_json_size(files); i++) {
        const VirtCpuJson *file = virtcpu_json_at(files, i);
        const char *virt_type = virtcpu_json_get_string(file, "virt-type");
        const char *binary = virtcpu_json_get_string(file, "binary");

        g_print("%-7s %-5s %s: %s\n", virtcpu_json_get_string(file, "kind"),
                virt_type != NULL ? virt_type : "-",
                binary != NULL ? binary : virtcpu_json_get_string(file, "path"),
                virtcpu_json_get_string(file, "state"));
    }
}

static gboolean
show_dropped(const char *binary, gint64 count, gboolean json, GError **error)
{
    if (count == 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("The cache has nothing about '%s'."), binary);
        return FALSE;
    }
    if (json) {
        g_autoptr(VirtCpuJson) answer = virtcpu_json_new_object();

        virtcpu_json_set_string(answer, "qemu", binary);
        virtcpu_json_set_int(answer, "dropped", count);
        tool_output_print_json(answer);
    } else {
        g_print(_("Files dropped: %u"), (unsigned)count);
        g_print("\n");
    }
    return TRUE;
}

static gboolean
drop(VirtCpuQemuCache *cache, const char *name, gboolean json, GError **error)
{
    g_autofree char *binary = tool_qemu_path(name);
    guint count;

    return virtcpu_qemu_cache_drop(cache, binary, &count, error) &&
           show_dropped(binary, count, json, error);
}

/* The daemon forgets what it has in memory, too. */
static gboolean
ask_to_drop(const ToolConnect *connect, const char *name, gboolean json, GError **error)
{
    g_autoptr(VirtCpuJson) answer = NULL;
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
    gint64 count = 0;

    tool_bus_add_qemu(&options, "qemu", name);
    answer = tool_bus_call(connect, "DropCache", g_variant_dict_end(&options), NULL, error);
    return answer != NULL && virtcpu_json_get_int(answer, "dropped", &count) &&
           show_dropped(virtcpu_json_get_string(answer, "qemu"), count, json, error);
}

/* The list of files (transfer full). */
static VirtCpuJson *
get_files(const ToolVerb *verb, const char *root, gboolean check, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

    if (!tool_connect_is_given(verb->connect)) {
        return tool_qemu_init(&qemu, root, error)
                   ? virtcpu_qemu_cache_list_to_json(qemu.cache, check)
                   : NULL;
    }
    if (check) {
        g_variant_dict_insert(&options, "check", "b", TRUE);
    }
    return tool_bus_call(verb->connect, "Cache", g_variant_dict_end(&options), NULL, error);
}

static gboolean
drop_binary(const ToolVerb *verb, const char *root, const char *name, gboolean json, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };

    return tool_connect_is_given(verb->connect)
               ? ask_to_drop(verb->connect, name, json, error)
               : tool_qemu_init(&qemu, root, error) && drop(qemu.cache, name, json, error);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    gboolean list = FALSE;
    gboolean check = FALSE;
    gboolean json = FALSE;
    g_autofree char *dropped = NULL;
    g_autofree char *root = NULL;
    const GOptionEntry entries[] = {
        { "list", 0, 0, G_OPTION_ARG_NONE, &list, N_("List all files (this is the default)"),
          NULL },
        { "check", 0, 0, G_OPTION_ARG_NONE, &check,
          N_("List only files that do not hold any more, and why"), NULL },
        { "drop", 0, 0, G_OPTION_ARG_FILENAME, &dropped, N_("Forget what is known of this QEMU"),
          N_("BINARY") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &root, N_("Use the cache below DIR (the daemon's)"),
          N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 0, error);
    g_autoptr(VirtCpuJson) files = NULL;

    if (rest == NULL || !tool_connect_check_offline(verb->connect, "--root", root != NULL, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (list + check + (dropped != NULL) > 1) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("--list, --check and --drop exclude each other."));
        return TOOL_EXIT_ERROR;
    }
    if (dropped != NULL) {
        return drop_binary(verb, root, dropped, json, error) ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
    }
    files = get_files(verb, root, check, error);
    if (files == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (json) {
        tool_output_print_json(files);
    } else {
        print_files(files);
    }
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_cache = {
    .name = "cache",
    .arguments = "",
    .summary = N_("List what is remembered of QEMUs, check it, or forget it"),
    .reach = TOOL_EITHER,
    .run = run,
};
