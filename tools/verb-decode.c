/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"

#include <string.h>

/* What a file to decode holds. */
typedef struct {
    VirtCpuData *data;
    GPtrArray *hv_models; /* of VirtCpuHvModel; NULL: the file has none */
    gboolean is_json;
} Dump;

static void
dump_clear(Dump *dump)
{
    g_clear_pointer(&dump->data, virtcpu_cpu_data_free);
    g_clear_pointer(&dump->hv_models, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dump, dump_clear)

/* What QEMU answered: a whole reply, or already what its "return" holds. */
static const VirtCpuJson *
reply_of(const VirtCpuJson *value)
{
    const VirtCpuJson *reply = virtcpu_json_get(value, "return");

    return reply != NULL ? reply : value;
}

/* Take from @replies the first CPU model and the first list of CPU definitions. */
static gboolean
take_replies(Dump *dump, VirtCpuArch arch, const GPtrArray *replies, GError **error)
{
    for (guint i = 0; i < replies->len; i++) {
        const VirtCpuJson *reply = reply_of(g_ptr_array_index(replies, i));
        const VirtCpuJson *model = virtcpu_json_get(reply, "model");

        if (model != NULL && dump->data == NULL) {
            dump->data = virtcpu_cpu_data_from_expansion(arch, model, error);
            if (dump->data == NULL) {
                return FALSE;
            }
        } else if (virtcpu_json_kind(reply) == VIRTCPU_JSON_ARRAY && dump->hv_models == NULL) {
            dump->hv_models = virtcpu_hv_models_from_json(reply, error);
            if (dump->hv_models == NULL) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static gboolean
read_replies(Dump *dump, VirtCpuArch arch, const char *file, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    g_autoptr(GPtrArray) replies = NULL;

    if (text == NULL) {
        return FALSE;
    }
    replies = tool_input_json(text, error);
    if (replies == NULL || !take_replies(dump, arch, replies, error)) {
        g_prefix_error(error, "%s: ", file);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_dump(Dump *dump, VirtCpuArch arch, const char *file, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    g_autoptr(GPtrArray) replies = NULL;
    char first;

    if (text == NULL) {
        return FALSE;
    }
    first = text[strspn(text, " \t\r\n")];
    dump->is_json = first == '{' || first == '[';
    if (!dump->is_json) {
        dump->data = virtcpu_cpu_data_parse(text, error);
    } else {
        replies = tool_input_json(text, error);
        if (replies != NULL && take_replies(dump, arch, replies, error) && dump->data == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("no reply of query-cpu-model-expansion: no 'model' in it"));
        }
    }
    if (dump->data == NULL) {
        g_prefix_error(error, "%s: ", file);
        return FALSE;
    }
    return TRUE;
}

/* The models that QEMU's reply in @file lists. */
static GPtrArray *
read_qemu_models(VirtCpuArch arch, const char *file, GError **error)
{
    g_auto(Dump) dump = { 0 };

    if (!read_replies(&dump, arch, file, error)) {
        return NULL;
    }
    if (dump.hv_models == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("%s: no reply of query-cpu-definitions: no array in it"), file);
    }
    return g_steal_pointer(&dump.hv_models);
}

/* @guest NULL: as the kind of file suggests. */
static VirtCpuDef *
decode(const char *file, VirtCpuArch arch, const char *qemu_models,
       const VirtCpuDecodeOptions *wishes, const gboolean *guest, GError **error)
{
    VirtCpuDecodeOptions options = *wishes;
    g_auto(Dump) dump = { 0 };
    g_autoptr(GPtrArray) hv_models = NULL;
    VirtCpuDef *def;

    if (!read_dump(&dump, arch, file, error)) {
        return NULL;
    }
    if (qemu_models != NULL) {
        hv_models = read_qemu_models(arch, qemu_models, error);
        if (hv_models == NULL) {
            return NULL;
        }
    } else if (dump.hv_models != NULL) {
        hv_models = g_ptr_array_ref(dump.hv_models);
    }
    options.hv_models = hv_models;
    options.type = (guest != NULL ? *guest : dump.is_json) ? VIRTCPU_DEF_GUEST : VIRTCPU_DEF_HOST;
    def = virtcpu_cpu_decode(dump.data, &options, error);
    if (def == NULL) {
        g_prefix_error(error, "%s: ", file);
    }
    return def;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    VirtCpuDecodeOptions options = { 0 };
    gboolean host = FALSE;
    gboolean guest = FALSE;
    gboolean json = FALSE;
    g_autofree char *list = NULL;
    g_autofree char *qemu_models = NULL;
    g_autofree char *arch_name = NULL;
    const GOptionEntry entries[] = {
        { "host", 0, 0, G_OPTION_ARG_NONE, &host, N_("Describe a host (as a CPUID dump is)"),
          NULL },
        { "guest", 0, 0, G_OPTION_ARG_NONE, &guest, N_("Describe a guest (as QEMU's answer is)"),
          NULL },
        { "migratable", 0, 0, G_OPTION_ARG_NONE, &options.migratable,
          N_("Leave out features that block migration"), NULL },
        { "models", 0, 0, G_OPTION_ARG_STRING, &list, N_("Use only these models"), N_("M,M…") },
        { "qemu-models", 0, 0, G_OPTION_ARG_FILENAME, &qemu_models,
          N_("Use only models in this reply of query-cpu-definitions"), N_("JSON") },
        { "arch", 0, 0, G_OPTION_ARG_STRING, &arch_name,
          N_("Architecture of QEMU's answer (this machine's)"), N_("ARCH") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) files = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_auto(GStrv) models = NULL;
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);
    VirtCpuArch arch;
    VirtCpuDef *def;

    if (files == NULL || !tool_options_arch(arch_name, &arch, error) ||
        !tool_options_models(list, arch, &models, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (host && guest) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("--host and --guest exclude each other."));
        return TOOL_EXIT_ERROR;
    }
    options.models = (const char *const *)models;
    def = decode(files[0], arch, qemu_models, &options, host || guest ? &guest : NULL, error);
    if (def == NULL) {
        return TOOL_EXIT_ERROR;
    }
    g_ptr_array_add(results, def);
    tool_output_print_defs(results, json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_decode = {
    .name = "decode",
    .arguments = "FILE",
    .summary = N_("Print the CPU that a CPUID dump or QEMU's model expansion describes"),
    .run = run,
};
