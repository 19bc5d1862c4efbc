/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/details.h"
#include "drivers/qemu/probe.h"
#include "tools/bus.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

#define TIMEOUT_MS 30000

/* The answers of @binary, under "details" those that take longer if @models. What was said is
 * appended to @conversation (may be NULL). */
static VirtCpuJson *
converse(const char *binary, VirtCpuVirtType type, gboolean models, GString *conversation,
         GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_probe_record(binary, type, TIMEOUT_MS, conversation, NULL, error);
    g_autoptr(VirtCpuJson) json = NULL;
    VirtCpuJson *details;

    if (caps == NULL) {
        return NULL;
    }
    json = virtcpu_qemu_caps_to_json(caps);
    if (models) {
        details = virtcpu_qemu_details_ask(caps, TIMEOUT_MS, conversation, NULL, error);
        if (details == NULL) {
            return NULL;
        }
        virtcpu_json_set(json, "details", details);
    }
    return g_steal_pointer(&json);
}

/* Ask @name now, whatever the cache has; the conversation goes to file @record when that is not
 * NULL, also when it ends badly. */
static VirtCpuJson *
ask(const char *name, const char *virt_type, gboolean models, const char *record, GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, error);
    g_autofree char *binary = tool_qemu_path(name);
    g_autoptr(GString) conversation = record != NULL ? g_string_new(NULL) : NULL;
    g_autoptr(VirtCpuJson) json = NULL;
    VirtCpuVirtType type;

    if (host == NULL || !tool_qemu_virt_type(host, binary, virt_type, &type, error)) {
        return NULL;
    }
    json = converse(binary, type, models, conversation, error);
    if (json != NULL) {
        virtcpu_qemu_probe_add_host(json, host);
    }
    if (record != NULL &&
        !tool_output_write(record, conversation->str, json != NULL ? error : NULL)) {
        return NULL;
    }
    return g_steal_pointer(&json);
}

static VirtCpuJson *
replay(const char *replies, const char *virt_type, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = tool_qemu_replies(replies, NULL, virt_type, error);
    g_autoptr(VirtCpuHost) host = caps != NULL ? virtcpu_host_read(NULL, error) : NULL;
    VirtCpuJson *json;

    if (host == NULL) {
        return NULL;
    }
    json = virtcpu_qemu_caps_to_json(caps);
    virtcpu_qemu_probe_add_host(json, host);
    return json;
}

/* What the daemon knows of @binary; for NULL of its host's own. */
static VirtCpuJson *
ask_daemon(const ToolConnect *connect, const char *binary, const char *virt_type, GError **error)
{
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

    tool_bus_add_qemu(&options, "qemu", binary);
    tool_bus_add_text(&options, "virt-type", virt_type);
    return tool_bus_call(connect, "Probe", g_variant_dict_end(&options), NULL, error);
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *virt_type = NULL;
    g_autofree char *record = NULL;
    g_autofree char *replies = NULL;
    gboolean models = FALSE;
    const GOptionEntry entries[] = {
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "record", 0, 0, G_OPTION_ARG_FILENAME, &record,
          N_("Keep the whole QMP conversation in FILE"), N_("FILE") },
        { "models", 0, 0, G_OPTION_ARG_NONE, &models,
          N_("Ask also what each model contains, and what changes without the kernel's irqchip"),
          NULL },
        { "replies", 0, 0, G_OPTION_ARG_FILENAME, &replies,
          N_("Ask the conversation recorded in FILE instead of a QEMU"), N_("FILE") },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 1, error);
    g_autoptr(VirtCpuJson) json = NULL;

    if (rest == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (!tool_connect_check_offline(verb->connect, "--replies", replies != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--record", record != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--models", models, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (tool_connect_is_given(verb->connect)) {
        json = ask_daemon(verb->connect, rest[0], virt_type, error);
        if (json != NULL) {
            tool_output_print_json(json);
        }
        return json != NULL ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
    }
    if (replies != NULL && models) {
        g_set_error_literal(
            error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
            _("--models asks a running QEMU, which a recording given with --replies "
              "cannot answer for; give BINARY instead."));
        return TOOL_EXIT_ERROR;
    }
    if ((rest[0] == NULL) == (replies == NULL) || (replies != NULL && record != NULL)) {
        g_set_error_literal(
            error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
            _("Give either BINARY, with or without --record and --models, or --replies."));
        return TOOL_EXIT_ERROR;
    }
    json = replies != NULL ? replay(replies, virt_type, error)
                           : ask(rest[0], virt_type, models, record, error);
    if (json == NULL) {
        return TOOL_EXIT_ERROR;
    }
    tool_output_print_json(json);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_probe = {
    .name = "probe",
    .arguments = "[BINARY]",
    .summary = N_("Ask a QEMU what it can do and print the answers as JSON"),
    .reach = TOOL_EITHER,
    .run = run,
};
