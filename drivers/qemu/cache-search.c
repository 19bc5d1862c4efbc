/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-search.h"

#include <string.h>
#include <unistd.h>

#define USUAL_PATH  "/usr/bin:/usr/local/bin:/usr/libexec"
#define NAME_PREFIX "qemu-system-"

/* The first executable @name in @folders (transfer full), or NULL. */
static char *
find_in(char **folders, const char *name)
{
    for (gsize i = 0; folders[i] != NULL; i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);

        if (g_path_is_absolute(path) && access(path, X_OK) == 0) {
            return g_steal_pointer(&path);
        }
    }
    return NULL;
}

char **
virtcpu_qemu_search_folders(const char *search_path)
{
    return g_strsplit(search_path != NULL ? search_path : USUAL_PATH, ":", -1);
}

static char *
find_target(char **folders, VirtCpuArch arch)
{
    const char *target = virtcpu_arch_to_qemu(arch);
    g_autofree char *name = g_strconcat(NAME_PREFIX, target, NULL);

    return target != NULL ? find_in(folders, name) : NULL;
}

static int
compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
virtcpu_qemu_search_all(const char *search_path)
{
    g_auto(GStrv) folders = virtcpu_qemu_search_folders(search_path);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    for (int arch = VIRTCPU_ARCH_NONE + 1; arch < VIRTCPU_ARCH_LAST; arch++) {
        g_autofree char *path = find_target(folders, (VirtCpuArch)arch);

        /* two architectures may share a target */
        if (path != NULL && !g_ptr_array_find_with_equal_func(found, path, g_str_equal, NULL)) {
            g_ptr_array_add(found, g_steal_pointer(&path));
        }
    }
    g_ptr_array_sort(found, compare_paths);
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_steal(found, NULL);
}

char *
virtcpu_qemu_search_arch(const char *search_path, VirtCpuArch arch)
{
    g_auto(GStrv) folders = virtcpu_qemu_search_folders(search_path);
    char *path = find_target(folders, arch);

    for (int other = VIRTCPU_ARCH_NONE + 1; path == NULL && other < VIRTCPU_ARCH_LAST; other++) {
        if (virtcpu_arch_runs((VirtCpuArch)other, arch)) {
            path = find_target(folders, (VirtCpuArch)other);
        }
    }
    if (path == NULL && arch == virtcpu_arch_host()) {
        path = find_in(folders, "qemu-kvm");
    }
    return path;
}

VirtCpuArch
virtcpu_qemu_search_claim(const char *binary)
{
    g_autofree char *name = g_path_get_basename(binary);

    return g_str_has_prefix(name, NAME_PREFIX) ? virtcpu_arch_from_qemu(name + strlen(NAME_PREFIX))
                                               : VIRTCPU_ARCH_NONE;
}
