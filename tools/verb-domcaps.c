/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domaincaps.h"
#include "tools/input.h"
#include "tools/libvirt.h"
#include "tools/options.h"
#include "tools/qemu.h"

/* The capabilities of the QEMU @binary or, for NULL, of the one that runs this machine's guests. */
static VirtCpuQemuCaps *
get_caps(const char *root, const char *binary, const char *virt_type, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_autofree char *own = NULL;

    if (!tool_qemu_init(&qemu, root, error)) {
        return NULL;
    }
    own = binary == NULL ? virtcpu_qemu_cache_binary(qemu.cache, qemu.host->arch) : NULL;
    if (binary == NULL && own == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("unable to find any emulator to serve '%s' architecture"),
                          virtcpu_arch_to_string(qemu.host->arch));
        return NULL;
    }
    return tool_qemu_caps(&qemu, binary != NULL ? binary : own, virt_type, error);
}

/* What the daemon answers. */
static char *
ask_daemon(const ToolConnect *connect, const char *binary, const char *machine,
           const char *virt_type, GError **error)
{
    g_autoptr(ToolLibvirt) libvirt = tool_libvirt_open(connect, error);
    g_autofree char *path = binary != NULL ? tool_qemu_path(binary) : NULL;

    return libvirt != NULL
               ? tool_libvirt_domain_capabilities(libvirt, path, machine, virt_type, error)
               : NULL;
}

static gboolean
adopt_host(VirtCpuQemuCaps *caps, const char *file, GError **error)
{
    g_autoptr(VirtCpuDef) host = tool_input_host(file, caps->arch, error);

    virtcpu_qemu_caps_adopt_host(caps, host);
    return host != NULL;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_autofree char *virt_type = NULL;
    g_autofree char *machine_name = NULL;
    g_autofree char *replies = NULL;
    g_autofree char *binary = NULL;
    g_autofree char *root = NULL;
    g_autofree char *host = NULL;
    gboolean disable_deprecated = FALSE;
    const GOptionEntry entries[] = {
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME, &binary,
          N_("Of this QEMU (the one that runs this machine's guests)"), N_("BINARY") },
        { "replies", 0, 0, G_OPTION_ARG_FILENAME, &replies,
          N_("Ask the conversation recorded in FILE instead of a QEMU"), N_("FILE") },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "machine", 0, 0, G_OPTION_ARG_STRING, &machine_name,
          N_("For this machine type (QEMU's default)"), N_("M") },
        { "host-cpu", 0, 0, G_OPTION_ARG_FILENAME, &host,
          N_("Take the first <cpu> of FILE for the host's, which is host-model on ppc64"),
          N_("FILE") },
        { "disable-deprecated-features", 0, 0, G_OPTION_ARG_NONE, &disable_deprecated,
          N_("Turn the features of host-model off that the QEMU calls deprecated"), NULL },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &root, N_("Use the cache below DIR (the daemon's)"),
          N_("DIR") },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, 0, error);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autofree char *xml = NULL;
    const VirtCpuQemuMachine *machine;

    if (rest == NULL ||
        !tool_connect_check_offline(verb->connect, "--replies", replies != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--root", root != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--host-cpu", host != NULL, error) ||
        !tool_connect_check_offline(verb->connect, "--disable-deprecated-features",
                                    disable_deprecated, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (tool_connect_is_given(verb->connect)) {
        xml = ask_daemon(verb->connect, binary, machine_name, virt_type, error);
        g_print("%s", xml != NULL ? xml : "");
        return xml != NULL ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
    }
    caps = replies != NULL ? tool_qemu_replies(replies, binary, virt_type, error)
                           : get_caps(root, binary, virt_type, error);
    if (caps != NULL && host != NULL && !adopt_host(caps, host, error)) {
        return TOOL_EXIT_ERROR;
    }
    machine = caps != NULL ? tool_qemu_machine(caps, machine_name, error) : NULL;
    if (machine == NULL) {
        return TOOL_EXIT_ERROR;
    }
    xml = virtcpu_domaincaps_format(caps, machine, caps->arch, NULL,
                                    disable_deprecated ? VIRTCPU_DOMAINCAPS_DISABLE_DEPRECATED : 0);
    g_print("%s", xml);
    return TOOL_EXIT_OK;
}

const ToolVerb tool_verb_domcaps = {
    .name = "domcaps",
    .arguments = "",
    .summary = N_("Print the <domainCapabilities> of a QEMU"),
    .reach = TOOL_EITHER,
    .run = run,
};
