/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/probe.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

#define TIMEOUT_MS 30000

/* Ask @name now, whatever the cache has; the conversation goes to file @record when that is not
 * NULL, also when it ends badly. */
static VirtCpuQemuCaps *
ask(const char *name, const char *virt_type, const char *record, GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, error);
    g_autofree char *binary = tool_qemu_path(name);
    g_autoptr(GString) conversation = record != NULL ? g_string_new(NULL) : NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    VirtCpuVirtType type;

    if (host == NULL || !tool_qemu_virt_type(host, binary, virt_type, &type, error)) {
        return NULL;
    }
    caps = virtcpu_qemu_probe_record(binary, type, TIMEOUT_MS, conversation, NULL, error);
    if (record != NULL &&
        !tool_output_write(record, conversation->str, caps != NULL ? error : NULL)) {
        return NULL;
    }
    return g_steal_pointer(&caps);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *virt_type = NULL;
    g_autofree char *record = NULL;
    g_autofree char *replies = NULL;
    const GOptionEntry entries[] = {
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "record", 0, 0, G_OPTION_ARG_FILENAME, &record,
          N_("Keep the whole QMP conversation in FILE"), N_("FILE") },
        { "replies", 0, 0, G_OPTION_ARG_FILENAME, &replies,
          N_("Ask the conversation recorded in FILE instead of a QEMU"), N_("FILE") },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 1, error);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuJson) json = NULL;

    if (rest == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if ((rest[0] == NULL) == (replies == NULL) || (replies != NULL && record != NULL)) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("Give either BINARY, with or without --record, or --replies."));
        return TOOL_EXIT_ERROR;
    }
    caps = replies != NULL ? tool_qemu_replies(replies, NULL, virt_type, error)
                           : ask(rest[0], virt_type, record, error);
    if (caps == NULL) {
        return TOOL_EXIT_ERROR;
    }
    json = virtcpu_qemu_caps_to_json(caps);
    tool_output_print_json(json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_probe = {
    .name = "probe",
    .arguments = "[BINARY]",
    .summary = N_("Ask a QEMU what it can do and print the answers as JSON"),
    .run = run,
};
