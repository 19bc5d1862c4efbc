/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/qemu.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/paths.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/replies.h"
#include "tools/input.h"

#include <string.h>
#include <unistd.h>

gboolean
tool_qemu_init(ToolQemu *qemu, const char *root, GError **error)
{
    g_autoptr(VirtCpuPaths) paths = virtcpu_paths_new(root, geteuid() == 0);

    qemu->host = virtcpu_host_read(NULL, error);
    if (qemu->host == NULL) {
        return FALSE;
    }
    qemu->cache = virtcpu_qemu_cache_new(qemu->host, paths->cache_dir, NULL, 0, error);
    return qemu->cache != NULL;
}

void
tool_qemu_clear(ToolQemu *qemu)
{
    virtcpu_qemu_cache_free(qemu->cache);
    virtcpu_host_unref(qemu->host);
}

char *
tool_qemu_path(const char *name)
{
    char *found = strchr(name, '/') == NULL ? g_find_program_in_path(name) : NULL;

    return found != NULL ? found : g_canonicalize_filename(name, NULL);
}

gboolean
tool_qemu_virt_type(const VirtCpuHost *host, const char *binary, const char *name,
                    VirtCpuVirtType *virt_type, GError **error)
{
    if (name == NULL) {
        *virt_type =
            host->kvm_usable && virtcpu_arch_runs(host->arch, virtcpu_qemu_search_claim(binary))
                ? VIRTCPU_VIRT_KVM
                : VIRTCPU_VIRT_QEMU;
        return TRUE;
    }
    if (!virtcpu_virt_type_from_string(name, virt_type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown virttype: %s"), name);
        return FALSE;
    }
    return TRUE;
}

VirtCpuQemuCaps *
tool_qemu_caps(const ToolQemu *qemu, const char *binary, const char *virt_type, GError **error)
{
    g_autofree char *path = tool_qemu_path(binary);
    VirtCpuVirtType type;

    return tool_qemu_virt_type(qemu->host, path, virt_type, &type, error)
               ? virtcpu_qemu_cache_get(qemu->cache, path, type, error)
               : NULL;
}

/* What "virtcpu probe" printed, or NULL when @text is something else. */
static VirtCpuQemuCaps *
read_probe(const char *text)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, NULL);

    return virtcpu_json_get(json, "machines") != NULL ? virtcpu_qemu_caps_from_json(json, NULL)
                                                      : NULL;
}

static VirtCpuQemuCaps *
read_replies(const char *text, const char *binary, const char *virt_type, GError **error)
{
    VirtCpuVirtType type = VIRTCPU_VIRT_KVM;
    GError *trouble = NULL;
    VirtCpuQemuCaps *caps;

    if (virt_type == NULL) {
        caps = virtcpu_qemu_replies_read(text, binary, VIRTCPU_VIRT_KVM, &trouble);
        if (caps == NULL && virtcpu_error_to_code(trouble) == VIRTCPU_ERR_CONFIG_UNSUPPORTED) {
            g_clear_error(&trouble);
            caps = virtcpu_qemu_replies_read(text, binary, VIRTCPU_VIRT_QEMU, &trouble);
        }
        if (caps == NULL) {
            g_propagate_error(error, trouble);
        }
        return caps;
    }
    if (!virtcpu_virt_type_from_string(virt_type, &type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown virttype: %s"), virt_type);
        return NULL;
    }
    return virtcpu_qemu_replies_read(text, binary, type, error);
}

VirtCpuQemuCaps *
tool_qemu_replies(const char *file, const char *binary, const char *virt_type, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    VirtCpuQemuCaps *caps;

    if (text == NULL) {
        return NULL;
    }
    caps = read_probe(text);
    if (caps != NULL) {
        return caps;
    }
    caps = read_replies(text, binary != NULL ? binary : file, virt_type, error);
    if (caps == NULL) {
        g_prefix_error(error, "%s: ", file);
    }
    return caps;
}

const VirtCpuQemuMachine *
tool_qemu_machine(const VirtCpuQemuCaps *caps, const char *name, GError **error)
{
    const VirtCpuQemuMachine *machine = virtcpu_qemu_caps_machine(caps, name);

    if (machine == NULL && name == NULL && caps->machines->len > 0) {
        return g_ptr_array_index(caps->machines, 0);
    }
    if (machine == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("the machine '%s' is not supported by emulator '%s'"),
                          name != NULL ? name : "", caps->binary);
    }
    return machine;
}
