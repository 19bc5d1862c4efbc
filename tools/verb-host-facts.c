/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/cache.h"
#include "tools/host-file.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* Add what @binary can do with KVM, where that works, and without. One that cannot be asked is left
 * out, with a word why. */
static void
add_qemu(const ToolQemu *qemu, const char *binary, VirtCpuJson *list)
{
    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        const VirtCpuVirtType virt_type = (VirtCpuVirtType)type;
        g_autoptr(VirtCpuQemuCaps) caps = NULL;
        g_autoptr(GError) reason = NULL;

        if (virt_type == VIRTCPU_VIRT_KVM &&
            (!qemu->host->kvm_usable || !virtcpu_qemu_cache_has_kvm(qemu->cache, binary))) {
            continue;
        }
        caps = virtcpu_qemu_cache_get(qemu->cache, binary, virt_type, &reason);
        if (caps == NULL) {
            g_printerr("virtcpu: %s\n", reason->message);
            continue;
        }
        virtcpu_json_append(list, tool_host_file_qemu(qemu, caps));
    }
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *root = NULL;
    const GOptionEntry entries[] = {
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &root, N_("Use the cache below DIR (the daemon's)"),
          N_("DIR") },
        { 0 },
    };
    g_auto(GStrv) named = tool_options_parse(verb, entries, argc, argv, 0, G_MAXUINT, error);
    g_auto(GStrv) installed = NULL;
    g_auto(ToolQemu) qemu = { 0 };
    g_autoptr(VirtCpuJson) document = NULL;
    VirtCpuJson *list;

    if (named == NULL || !tool_qemu_init(&qemu, root, error)) {
        return TOOL_EXIT_ERROR;
    }
    document = tool_host_file_new(&qemu);
    list = virtcpu_json_set(document, "qemus", virtcpu_json_new_array());
    installed = named[0] == NULL ? virtcpu_qemu_cache_binaries(qemu.cache) : NULL;
    for (char **name = installed != NULL ? installed : named; *name != NULL; name++) {
        g_autofree char *path = tool_qemu_path(*name);

        add_qemu(&qemu, path, list);
    }
    tool_output_print_json(document);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_host_facts = {
    .name = "host-facts",
    .arguments = "[BINARY…]",
    .summary = N_("Print what migrate-check must know of this machine, for another to judge by"),
    .reach = TOOL_NO_DAEMON,
    .run = run,
};
