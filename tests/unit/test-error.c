/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"

#include <errno.h>
#include <gio/gio.h>

static void
test_table(void)
{
    /* bsearch finds every code only when the table is sorted */
    for (int code = 1; code < 128; code++) {
        const VirtCpuErrorInfo *info = virtcpu_error_info((VirtCpuErrorCode)code);

        g_assert_true((int)info->code == code || info->code == VIRTCPU_ERR_INTERNAL_ERROR);
    }
    g_assert_cmpint(virtcpu_error_info(VIRTCPU_ERR_NO_HOSTNAME)->code, ==, 108);
    g_assert_cmpint(virtcpu_error_info(VIRTCPU_ERR_CPU_INCOMPATIBLE)->origin, ==, 31);
}

static void
test_text(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    virtcpu_error_set(&error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "element '%s' at line %d", "x", 3);
    text = virtcpu_error_to_text(error);
    g_assert_cmpstr(text, ==, "unsupported configuration: element 'x' at line 3");
    g_assert_cmpint(virtcpu_error_to_code(error), ==, 67);
}

static void
test_errno(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) copy = NULL;
    g_autoptr(GError) other = NULL;
    g_autofree char *text = NULL;

    virtcpu_error_set_errno(&error, ENOENT, "Cannot open '%s'", "f");
    text = virtcpu_error_to_text(error);
    g_assert_cmpstr(text, ==, "Cannot open 'f': No such file or directory");
    g_assert_cmpint(virtcpu_error_to_errno(error), ==, ENOENT);
    copy = g_error_copy(error);
    g_assert_cmpint(virtcpu_error_to_errno(copy), ==, ENOENT);
    virtcpu_error_set(&other, VIRTCPU_ERR_RPC, "no system call");
    g_assert_cmpint(virtcpu_error_to_errno(other), ==, 0);
    virtcpu_error_set(NULL, VIRTCPU_ERR_RPC, "no one listens");
    virtcpu_error_set_errno(NULL, ENOENT, "no one listens");
}

static void
test_foreign(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "gone");
    g_autofree char *text = virtcpu_error_to_text(error);

    g_assert_cmpstr(text, ==, "internal error: gone");
    g_assert_cmpint(virtcpu_error_to_code(error), ==, 1);
    g_assert_cmpint(virtcpu_error_to_errno(error), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/table", test_table);
    g_test_add_func("/error/text", test_text);
    g_test_add_func("/error/errno", test_errno);
    g_test_add_func("/error/foreign", test_foreign);
    return g_test_run();
}
