/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/libvirt.h"
#include "tools/options.h"

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = { { 0 } };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 0, error);
    g_autoptr(ToolLibvirt) libvirt = NULL;
    g_autofree char *xml = NULL;

    if (rest == NULL || (libvirt = tool_libvirt_open(verb->connect, error)) == NULL ||
        (xml = tool_libvirt_capabilities(libvirt, error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    g_print("%s", xml);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_capabilities = {
    .name = "capabilities",
    .arguments = "",
    .summary = N_("Print the <capabilities> of a daemon's host"),
    .reach = TOOL_ALWAYS_DAEMON,
    .run = run,
};
