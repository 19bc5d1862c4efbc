/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* Capabilities or a matrix, by the end of the file's name. */
static const char *
kind_of(const VirtCpuQemuCacheDocument *file)
{
    return g_str_has_suffix(file->path, ".matrix") ? "matrix" : "probe";
}

/* One line for each file; with @check only for those that do not hold. */
static void
print_files(const GPtrArray *files, gboolean check)
{
    for (guint i = 0; i < files->len; i++) {
        const VirtCpuQemuCacheDocument *file = g_ptr_array_index(files, i);

        if (check && file->state == VIRTCPU_CACHE_VALID) {
            continue;
        }
        g_print("%-7s %-5s %s: %s\n", kind_of(file),
                file->virt_type != NULL ? file->virt_type : "-",
                file->binary != NULL ? file->binary : file->path, file->why);
    }
}

static gboolean
drop(VirtCpuQemuCache *cache, const char *name, GError **error)
{
    g_autofree char *binary = tool_qemu_path(name);
    guint count;

    if (!virtcpu_qemu_cache_drop(cache, binary, &count, error)) {
        return FALSE;
    }
    if (count == 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("The cache has nothing about '%s'."), binary);
        return FALSE;
    }
    g_print(_("Files dropped: %u"), count);
    g_print("\n");
    return TRUE;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    gboolean list = FALSE;
    gboolean check = FALSE;
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
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 0, error);
    g_auto(ToolQemu) qemu = { 0 };
    g_autoptr(GPtrArray) files = NULL;

    if (rest == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (list + check + (dropped != NULL) > 1) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("--list, --check and --drop exclude each other."));
        return TOOL_EXIT_ERROR;
    }
    if (!tool_qemu_init(&qemu, root, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (dropped != NULL) {
        return drop(qemu.cache, dropped, error) ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
    }
    files = virtcpu_qemu_cache_list(qemu.cache);
    print_files(files, check);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_cache = {
    .name = "cache",
    .arguments = "",
    .summary = N_("List what is remembered of QEMUs, check it, or forget it"),
    .run = run,
};
