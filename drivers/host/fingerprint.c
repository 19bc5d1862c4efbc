/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/host.h"
#include "drivers/host/kvm.h"
#include "drivers/host/sysfile.h"

#include <string.h>

#define MODULE_FOLDER "/sys/module"

/* One line. A value of several, which no file of ours has, must not look like another fact. */
static void
add(GString *facts, const char *name, const char *value)
{
    g_autofree char *line = g_strdup(value != NULL ? value : "");

    g_strdelimit(line, "\r\n", ' ');
    g_string_append_printf(facts, "%s=%s\n", name, line);
}

static void
add_data(GString *facts, const char *name, const VirtCpuData *data)
{
    g_autofree char *text = data != NULL ? virtcpu_cpu_data_format(data) : NULL;
    g_autofree char *digest =
        text != NULL ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1) : NULL;

    add(facts, name, digest);
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
add_kvm_parameters(GString *facts, const char *sysroot)
{
    g_autoptr(GPtrArray) modules = list_names(sysroot, MODULE_FOLDER, "kvm");

    for (guint i = 0; i < modules->len; i++) {
        g_autofree char *folder =
            g_build_filename(MODULE_FOLDER, g_ptr_array_index(modules, i), "parameters", NULL);
        g_autoptr(GPtrArray) names = list_names(sysroot, folder, "");

        for (guint j = 0; j < names->len; j++) {
            const char *name = g_ptr_array_index(names, j);
            g_autofree char *path = g_build_filename(folder, name, NULL);
            g_autofree char *value = virtcpu_sysfile_read(sysroot, path);
            g_autofree char *fact = g_strdup_printf(
                "kvm-parameter %s.%s", (const char *)g_ptr_array_index(modules, i), name);

            add(facts, fact, value);
        }
    }
}

char *
virtcpu_host_fingerprint(const VirtCpuHost *host)
{
    GString *facts = g_string_new(NULL);

    add(facts, "arch", virtcpu_arch_to_string(host->arch));
    add(facts, "kernel", host->kernel);
    add(facts, "microcode", host->microcode);
    add_data(facts, "cpuid", host->cpu_data);
    add(facts, "kvm", host->kvm_usable ? "usable" : "not usable");
    add_data(facts, "kvm-cpuid", host->kvm_data);
    add(facts, "kvm-access", virtcpu_kvm_is_accessible() ? "granted" : "denied");
    add_kvm_parameters(facts, host->sysroot);
    return g_string_free(facts, FALSE);
}
