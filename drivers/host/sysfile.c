/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/sysfile.h"

#include "conf/cpuset.h"

#include <string.h>

char *
virtcpu_sysfile_read(const char *sysroot, const char *path)
{
    g_autofree char *full = g_build_filename(sysroot != NULL ? sysroot : "/", path, NULL);
    char *text = NULL;

    if (!g_file_get_contents(full, &text, NULL, NULL)) {
        return NULL;
    }
    return g_strstrip(text);
}

gboolean
virtcpu_sysfile_number(const char *sysroot, const char *path, guint64 max, guint64 *value)
{
    g_autofree char *text = virtcpu_sysfile_read(sysroot, path);

    return text != NULL && g_ascii_string_to_unsigned(text, 10, 0, max, value, NULL);
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint64 left = *(const guint64 *)a;
    guint64 right = *(const guint64 *)b;

    return left < right ? -1 : left > right;
}

GArray *
virtcpu_sysfile_numbered(const char *sysroot, const char *path, const char *prefix,
                         const char *suffix)
{
    g_autofree char *full = g_build_filename(sysroot != NULL ? sysroot : "/", path, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *digits = NULL;
        guint64 number;

        if (!g_str_has_prefix(name, prefix) || !g_str_has_suffix(name, suffix) ||
            strlen(name) < strlen(prefix) + strlen(suffix)) {
            continue;
        }
        digits = g_strndup(name + strlen(prefix), strlen(name) - strlen(prefix) - strlen(suffix));
        if (g_ascii_string_to_unsigned(digits, 10, 0, G_MAXINT64, &number, NULL)) {
            g_array_append_val(numbers, number);
        }
    }
    g_array_sort(numbers, compare_numbers);
    return numbers;
}

GArray *
virtcpu_cpulist_parse(const char *text)
{
    g_autoptr(VirtCpuCpuset) set = text != NULL ? virtcpu_cpuset_parse(text) : NULL;
    GArray *cpus = g_array_new(FALSE, FALSE, sizeof(unsigned));

    for (unsigned cpu = 0; set != NULL && cpu <= virtcpu_cpuset_last(set); cpu++) {
        if (virtcpu_cpuset_contains(set, cpu)) {
            g_array_append_val(cpus, cpu);
        }
    }
    return cpus;
}

char *
virtcpu_sysfile_field(const char *text, const char *key)
{
    for (const char *at = strstr(text, key); at != NULL; at = strstr(at + 1, key)) {
        const char *colon = at + strlen(key);

        colon += strspn(colon, " \t");
        if ((at == text || g_ascii_isspace(at[-1])) && *colon == ':') {
            return g_strstrip(g_strndup(colon + 1, strcspn(colon + 1, "\n")));
        }
    }
    return NULL;
}
