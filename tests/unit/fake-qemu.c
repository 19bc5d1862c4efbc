/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/fake-qemu.h"

#include "tests/unit/folder.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

void
test_fake_qemu_init(TestFakeQemu *fake, const char *script)
{
    fake->folder = test_folder_new();
    fake->binary = g_build_filename(fake->folder, "qemu-system-x86_64", NULL);
    test_fake_qemu_replace(fake, script, 0700);
}

void
test_fake_qemu_replace(const TestFakeQemu *fake, const char *script, mode_t mode)
{
    g_assert_true(g_file_set_contents(fake->binary, script, -1, NULL));
    g_assert_cmpint(g_chmod(fake->binary, mode), ==, 0);
}

unsigned
test_fake_qemu_runs(const TestFakeQemu *fake)
{
    g_autofree char *path = g_build_filename(fake->folder, "runs", NULL);
    g_autofree char *text = NULL;
    gsize length = 0;

    return g_file_get_contents(path, &text, &length, NULL) ? length / strlen("started\n") : 0;
}

void
test_fake_qemu_clear(TestFakeQemu *fake)
{
    test_folder_remove(fake->folder);
    g_clear_pointer(&fake->folder, g_free);
    g_clear_pointer(&fake->binary, g_free);
}
