/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/host.h"
#include "drivers/host/kvm.h"
#include "drivers/host/sysfile.h"

#include <string.h>

#define MODULE_FOLDER "/sys/module"

/* One named part. Both strings are hashed with their end, so that no two lists run together. */
static void
add(GChecksum *sum, const char *name, const char *value)
{
    g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name) + 1);
    g_checksum_update(sum, (const guchar *)(value != NULL ? value : ""),
                      value != NULL ? (gssize)strlen(value) + 1 : 1);
}

static void
add_data(GChecksum *sum, const char *name, const VirtCpuData *data)
{
    g_autofree char *text = data != NULL ? virtcpu_cpu_data_format(data) : NULL;

    add(sum, name, text);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in folder @path that begin with @prefix, sorted (transfer full). */
static GPtrArray *
list_names(const char *sysroot, const char *path, const char *prefix)
{
    g_autofree char *full = g_build_filename(sysroot != NULL ? sysroot : "/", path, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_prefix(name, prefix)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* Parameters of kvm and kvm_intel, kvm_amd, …: nesting and much else hangs on them. */
static void
add_kvm_parameters(GChecksum *sum, const char *sysroot)
{
    g_autoptr(GPtrArray) modules = list_names(sysroot, MODULE_FOLDER, "kvm");

    for (guint i = 0; i < modules->len; i++) {
        g_autofree char *folder =
            g_build_filename(MODULE_FOLDER, g_ptr_array_index(modules, i), "parameters", NULL);
        g_autoptr(GPtrArray) names = list_names(sysroot, folder, "");

        for (guint j = 0; j < names->len; j++) {
            g_autofree char *path = g_build_filename(folder, g_ptr_array_index(names, j), NULL);
            g_autofree char *value = virtcpu_sysfile_read(sysroot, path);

            add(sum, path, value);
        }
    }
}

char *
virtcpu_host_fingerprint(const VirtCpuHost *host)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    add(sum, "arch", virtcpu_arch_to_string(host->arch));
    add(sum, "kernel", host->kernel);
    add(sum, "microcode", host->microcode);
    add_data(sum, "cpu", host->cpu_data);
    add(sum, "kvm", host->kvm_usable ? "usable" : "not usable");
    add_data(sum, "kvm-cpu", host->kvm_data);
    add(sum, "access", virtcpu_kvm_is_accessible() ? "granted" : "denied");
    add_kvm_parameters(sum, host->sysroot);
    return g_strdup(g_checksum_get_string(sum));
}
