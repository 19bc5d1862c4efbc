/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/caps.h"

VirtCpuQemuCaps *
test_caps_parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, &error);
    VirtCpuQemuCaps *caps;

    g_assert_no_error(error);
    caps = virtcpu_qemu_caps_from_json(json, &error);
    g_assert_no_error(error);
    return caps;
}

VirtCpuQemuCaps *
test_caps_read(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "args", "caps.json", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return test_caps_parse(text);
}
