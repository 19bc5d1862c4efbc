/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors identified from recorded kernel files. */
#include "drivers/host/identification.h"
#include "tests/unit/folder.h"

#include <glib/gstdio.h>

#define MIDR    "sys/devices/system/cpu/cpu0/regs/identification/midr_el1"
#define CPUINFO "proc/cpuinfo"

static const struct {
    const char *name;
    const char *file;
    const char *text;
    guint32 value; /* 0: not told */
} rows[] = {
    { "midr", MIDR, "0x00000000413fd0c1\n", 0x413fd0c1 },
    { "midr-empty", MIDR, "\n", 0 },
    { "midr-too-long", MIDR, "0x1413fd0c1\n", 0 },
    { "midr-words", MIDR, "0x413f and more\n", 0 },
    { "pvr", CPUINFO, "processor\t: 0\ncpu\t\t: POWER9\nrevision\t: 2.2 (pvr 004e 1202)\n",
      0x004e1202 },
    { "pvr-cut", CPUINFO, "revision\t: 2.2 (pvr 004e\n", 0 },
    { "pvr-other", CPUINFO, "revision\t: 2.2\n", 0 },
    { "neither", CPUINFO, "model name\t: some x86\n", 0 },
};

static void
test_row(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autofree char *root = test_folder_new();
    g_autofree char *path = g_build_filename(root, rows[row].file, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    guint32 value = 0;

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, rows[row].text, -1, NULL));
    g_assert_true(virtcpu_identification_read(root, &value) == (rows[row].value != 0));
    g_assert_cmphex(value, ==, rows[row].value);
    g_assert_cmpint(g_remove(path), ==, 0);
    while (!g_str_equal(folder, root)) {
        char *parent = g_path_get_dirname(folder);

        g_assert_cmpint(g_rmdir(folder), ==, 0);
        g_free(folder);
        folder = parent;
    }
    g_assert_cmpint(g_rmdir(root), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/identification/", rows[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
    }
    return g_test_run();
}
