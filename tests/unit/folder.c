/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/folder.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child of the test: remove @path when nobody has the other end of @life any more. */
static void G_GNUC_NORETURN
outlive(const char *path, int life)
{
    char byte;

    setsid(); /* what ends the test's group does not end this */
    dup2(life, STDIN_FILENO);
    syscall(SYS_close_range, STDIN_FILENO + 1, ~0U, 0);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR) {
    }
    execlp("rm", "rm", "-rf", "--", path, NULL);
    _exit(127);
}

char *
test_folder_new(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("virtcpu-test.XXXXXX", &error);
    int ends[2];
    pid_t child;

    g_assert_no_error(error);
    g_assert_true(g_unix_open_pipe(ends, FD_CLOEXEC, &error));
    /* twice, so that the one that stays is nobody's child to wait for */
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        if (fork() == 0) {
            outlive(path, ends[0]);
        }
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    close(ends[0]);
    return path;
}

void
test_folder_remove(const char *path)
{
    gboolean is_link = g_file_test(path, G_FILE_TEST_IS_SYMLINK);
    g_autoptr(GDir) dir = is_link ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        test_folder_remove(child);
    }
    g_remove(path);
}
