/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/host-file.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-arrival.h"
#include "drivers/qemu/probe.h"
#include "tools/input.h"

#define FORMAT "virtcpu-host 1"
/* No machine has more QEMUs. */
#define MAX_QEMUS 1024

static void
qemu_free(gpointer data)
{
    ToolHostQemu *qemu = data;

    virtcpu_qemu_caps_unref(qemu->caps);
    g_free(qemu->facts);
    g_free(qemu);
}

void
tool_host_file_clear(ToolHostFile *file)
{
    g_clear_pointer(&file->name, g_free);
    g_clear_pointer(&file->host, virtcpu_host_unref);
    g_clear_pointer(&file->qemus, g_ptr_array_unref);
}

/* ---- writing ---- */

static void
set_data(VirtCpuJson *document, const char *key, const VirtCpuData *data)
{
    g_autofree char *text = data != NULL ? virtcpu_cpu_data_format(data) : NULL;

    virtcpu_json_set_string(document, key, text);
}

VirtCpuJson *
tool_host_file_new(const ToolQemu *qemu)
{
    const VirtCpuHost *host = qemu->host;
    VirtCpuJson *document = virtcpu_json_new_object();

    virtcpu_json_set_string(document, "format", FORMAT);
    virtcpu_json_set_string(document, "hostname", host->hostname);
    virtcpu_json_set_string(document, "arch", virtcpu_arch_to_string(host->arch));
    virtcpu_json_set_string(document, "kernel", host->kernel);
    virtcpu_json_set_string(document, "microcode", host->microcode);
    virtcpu_json_set_bool(document, "kvm", host->kvm_usable);
    virtcpu_json_set_string(document, "kvm-reason", host->kvm_reason);
    set_data(document, "cpu", host->cpu_data);
    set_data(document, "kvm-cpu", host->kvm_data);
    return document;
}

VirtCpuJson *
tool_host_file_qemu(const ToolQemu *qemu, const VirtCpuQemuCaps *caps)
{
    VirtCpuJson *json = virtcpu_qemu_caps_to_json(caps);
    g_autofree char *facts =
        virtcpu_passport_facts(caps, caps->binary, virtcpu_qemu_cache_fingerprint(qemu->cache));

    virtcpu_json_set_string(json, "facts", facts);
    return json;
}

/* ---- reading ---- */

/* The data at @key; NULL when there is none, or with @error when it cannot be read. */
static VirtCpuData *
get_data(const VirtCpuJson *document, const char *key, GError **error)
{
    const char *text = virtcpu_json_get_string(document, key);

    return text != NULL ? virtcpu_cpu_data_parse(text, error) : NULL;
}

static gboolean
read_host(const VirtCpuJson *document, ToolHostFile *file, GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_new();
    g_autoptr(GError) trouble = NULL;
    const char *arch = virtcpu_json_get_string(document, "arch");

    host->arch = arch != NULL ? virtcpu_arch_from_string(arch) : VIRTCPU_ARCH_NONE;
    host->hostname = g_strdup(virtcpu_json_get_string(document, "hostname"));
    host->kernel = g_strdup(virtcpu_json_get_string(document, "kernel"));
    host->microcode = g_strdup(virtcpu_json_get_string(document, "microcode"));
    host->kvm_usable = virtcpu_json_get_bool(document, "kvm", FALSE);
    host->kvm_reason = g_strdup(virtcpu_json_get_string(document, "kvm-reason"));
    host->cpu_data = get_data(document, "cpu", &trouble);
    host->kvm_data = trouble == NULL ? get_data(document, "kvm-cpu", &trouble) : NULL;
    if (trouble != NULL) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return FALSE;
    }
    if (host->hostname != NULL) {
        g_free(file->name);
        file->name = g_strdup(host->hostname);
    }
    file->host = g_steal_pointer(&host);
    return TRUE;
}

static gboolean
read_qemus(const VirtCpuJson *document, ToolHostFile *file, GError **error)
{
    const VirtCpuJson *list = virtcpu_json_get(document, "qemus");

    if (virtcpu_json_kind(list) != VIRTCPU_JSON_ARRAY || virtcpu_json_size(list) > MAX_QEMUS) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("it has no list of QEMUs"));
        return FALSE;
    }
    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const VirtCpuJson *entry = virtcpu_json_at(list, i);
        VirtCpuQemuCaps *caps = virtcpu_qemu_caps_from_json(entry, error);
        ToolHostQemu *qemu;

        if (caps == NULL) {
            return FALSE;
        }
        qemu = g_new0(ToolHostQemu, 1);
        qemu->caps = caps;
        qemu->facts = g_strdup(virtcpu_json_get_string(entry, "facts"));
        g_ptr_array_add(file->qemus, qemu);
    }
    return TRUE;
}

/* Of a recording nothing but the QEMU is known, under both of its virt types. */
static gboolean
read_recording(const char *path, ToolHostFile *file, GError **error)
{
    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        const char *virt_type = virtcpu_virt_type_to_string((VirtCpuVirtType)type);
        g_autoptr(GError) trouble = NULL;
        VirtCpuQemuCaps *caps = tool_qemu_replies(path, NULL, virt_type, &trouble);

        if (caps != NULL) {
            ToolHostQemu *qemu = g_new0(ToolHostQemu, 1);

            qemu->caps = caps;
            g_ptr_array_add(file->qemus, qemu);
        } else if (virtcpu_error_to_code(trouble) != VIRTCPU_ERR_CONFIG_UNSUPPORTED) {
            g_propagate_error(error, g_steal_pointer(&trouble));
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tool_host_file_read(const char *path, ToolHostFile *file, GError **error)
{
    g_autofree char *text = tool_input_read(path, error);
    g_autoptr(VirtCpuJson) document = NULL;

    if (text == NULL) {
        return FALSE;
    }
    file->name = g_path_get_basename(path);
    file->qemus = g_ptr_array_new_with_free_func(qemu_free);
    document = virtcpu_json_parse(text, -1, NULL);
    if (g_strcmp0(virtcpu_json_get_string(document, "format"), FORMAT) != 0) {
        return read_recording(path, file, error);
    }
    if (!read_host(document, file, error) || !read_qemus(document, file, error)) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    return TRUE;
}

const ToolHostQemu *
tool_host_file_find(const ToolHostFile *file, const VirtCpuDomainDef *def)
{
    const ToolHostQemu *by_arch = NULL;

    for (guint i = 0; i < file->qemus->len; i++) {
        const ToolHostQemu *qemu = g_ptr_array_index(file->qemus, i);

        if (qemu->caps->virt_type != def->virt_type ||
            (def->arch != VIRTCPU_ARCH_NONE && !virtcpu_arch_runs(qemu->caps->arch, def->arch))) {
            continue;
        }
        if (def->emulator != NULL && g_str_equal(qemu->caps->binary, def->emulator)) {
            return qemu;
        }
        by_arch = by_arch != NULL ? by_arch : qemu;
    }
    /* a recording does not say where its QEMU was installed */
    return def->emulator == NULL || file->host == NULL ? by_arch : NULL;
}
