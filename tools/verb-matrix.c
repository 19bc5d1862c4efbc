/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/matrix.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

#include <string.h>

/* What the command line says. */
typedef struct {
    char *root, *virt_type, *pattern;
    char **machines;
    gboolean fill, json;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    g_free(wishes->root);
    g_free(wishes->virt_type);
    g_free(wishes->pattern);
    g_strfreev(wishes->machines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* "pc-i440fx-2.9" comes before "pc-i440fx-2.10". */
static int
compare_versions(gconstpointer a, gconstpointer b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* Canonical names of the machine types wished for, of all for none, NULL-terminated (transfer
 * container; the strings are @caps'). */
static GPtrArray *
choose_machines(const VirtCpuQemuCaps *caps, char **names, GError **error)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();

    for (guint i = 0; names == NULL && i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = g_ptr_array_index(caps->machines, i);

        g_ptr_array_add(chosen, machine->name);
    }
    for (char **name = names; name != NULL && *name != NULL; name++) {
        const VirtCpuQemuMachine *machine = tool_qemu_machine(caps, *name, error);

        if (machine == NULL) {
            return NULL;
        }
        g_ptr_array_add(chosen, machine->name);
    }
    g_ptr_array_sort(chosen, compare_versions);
    g_ptr_array_add(chosen, NULL);
    return g_steal_pointer(&chosen);
}

/* A failure's reason was logged when it was met. */
static void
show_progress(const char *machine, guint done, guint total, const GError *failure,
              gpointer user_data)
{
    if (failure != NULL) {
        g_printerr(_("%u of %u: %s cannot be asked"), done, total, machine);
    } else {
        g_printerr("%u/%u %s", done, total, machine);
    }
    g_printerr("\n");
}

/* Print @model, or put it into @list. */
static void
show_model(const VirtCpuQemuMatrix *matrix, const char *const *machines, const char *model,
           VirtCpuJson *list)
{
    g_autoptr(GPtrArray) groups = tool_matrix_fold(matrix, machines, model);

    if (list != NULL) {
        virtcpu_json_append(list, tool_matrix_json(matrix, model, groups));
    } else if (groups->len > 0) {
        tool_matrix_print(matrix, model, groups);
    }
}

static void
show(const VirtCpuQemuCaps *caps, const VirtCpuQemuMatrix *matrix, const char *const *machines,
     const Wishes *wishes)
{
    g_autoptr(VirtCpuJson) list = wishes->json ? virtcpu_json_new_array() : NULL;

    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(caps->models, i);

        if (wishes->pattern == NULL || g_pattern_match_simple(wishes->pattern, model->name)) {
            show_model(matrix, machines, model->name, list);
        }
    }
    if (list != NULL) {
        tool_output_print_json(list);
    }
}

/* Tell how many of @machines the table lacks; FALSE when it has none at all. */
static gboolean
check_known(const VirtCpuQemuMatrix *matrix, const char *const *machines, GError **error)
{
    guint known = 0;
    guint count = 0;

    for (; machines[count] != NULL; count++) {
        known += virtcpu_qemu_matrix_has(matrix, machines[count]);
    }
    if (known == 0) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("None of these machine types is known; --fill asks QEMU about all, "
                              "--machine about one."));
        return FALSE;
    }
    if (known < count) {
        g_printerr(_("virtcpu: %u of %u machine types are known"), known, count);
        g_printerr("\n");
    }
    return TRUE;
}

static gboolean
run_wishes(const char *binary, const Wishes *wishes, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(GPtrArray) machines = NULL;
    g_autoptr(VirtCpuQemuMatrix) matrix = NULL;
    const char *const *names;

    if (!tool_qemu_init(&qemu, wishes->root, error) ||
        (caps = tool_qemu_caps(&qemu, binary, wishes->virt_type, error)) == NULL ||
        (machines = choose_machines(caps, wishes->machines, error)) == NULL) {
        return FALSE;
    }
    names = (const char *const *)machines->pdata;
    if (wishes->fill || wishes->machines != NULL) {
        virtcpu_qemu_matrix_store_fill(virtcpu_qemu_cache_matrices(qemu.cache), caps, names,
                                       wishes->fill ? show_progress : NULL, NULL);
    }
    matrix = virtcpu_qemu_matrix_store_get(virtcpu_qemu_cache_matrices(qemu.cache), caps, error);
    if (matrix == NULL || !check_known(matrix, names, error)) {
        return FALSE;
    }
    if (!wishes->fill || wishes->json || wishes->pattern != NULL || wishes->machines != NULL) {
        show(caps, matrix, names, wishes);
    }
    return TRUE;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    const GOptionEntry entries[] = {
        { "machine", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes.machines,
          N_("Only this machine type; asked when it is not known yet. May be given several times"),
          N_("M") },
        { "model", 0, 0, G_OPTION_ARG_STRING, &wishes.pattern,
          N_("Only models that match pattern P (* and ? stand for others)"), N_("P") },
        { "fill", 0, 0, G_OPTION_ARG_NONE, &wishes.fill,
          N_("Ask about every machine type that is not known yet"), NULL },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 1, 1, error);

    return rest != NULL && run_wishes(rest[0], &wishes, error) ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
}

const ToolVerb tool_verb_matrix = {
    .name = "matrix",
    .arguments = "BINARY",
    .summary = N_("Print what each model of a QEMU contains under each machine type"),
    .run = run,
};
