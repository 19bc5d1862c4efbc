/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "drivers/qemu/state-file.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder, *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->folder = test_folder_new();
    fixture->path = g_build_filename(fixture->folder, "d.xml", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_auto(GStrv) names = virtcpu_state_folder_list(fixture->folder, "");

    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename(fixture->folder, *name, NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static void
assert_content(const Fixture *fixture, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = virtcpu_state_file_read(fixture->path, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

static void
write_ok(const Fixture *fixture, const char *text)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_state_file_write(fixture->path, text, &error));
    g_assert_no_error(error);
}

static void
test_replace(Fixture *fixture, gconstpointer data)
{
    g_auto(GStrv) names = NULL;
    struct stat info;

    write_ok(fixture, "old");
    write_ok(fixture, "new and longer");
    assert_content(fixture, "new and longer");
    g_assert_cmpint(stat(fixture->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    names = virtcpu_state_folder_list(fixture->folder, "");
    g_assert_cmpint(g_strv_length(names), ==, 1);
}

/* A disk that is full in the middle of the new text must leave the old one. */
static void
test_full_disk(Fixture *fixture, gconstpointer data)
{
    g_autofree char *big = g_strnfill(100000, 'x');
    g_auto(GStrv) names = NULL;
    g_autoptr(GError) error = NULL;
    struct rlimit old, small;

    write_ok(fixture, "old");
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
    small = old;
    small.rlim_cur = 4096;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    g_assert_false(virtcpu_state_file_write(fixture->path, big, &error));
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
    signal(SIGXFSZ, SIG_DFL);

    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_assert_nonnull(strstr(error->message, g_strerror(EFBIG)));
    assert_content(fixture, "old");
    names = virtcpu_state_folder_list(fixture->folder, "");
    g_assert_cmpint(g_strv_length(names), ==, 1);
}

static void
test_no_folder(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->folder, "absent", "d.xml", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(virtcpu_state_file_write(path, "text", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
}

/* What an interrupted write left behind is in nobody's way. */
static void
test_left_over(Fixture *fixture, gconstpointer data)
{
    g_autofree char *temporary = g_strconcat(fixture->path, ".new", NULL);

    write_ok(fixture, "old");
    g_assert_true(g_file_set_contents(temporary, "torn", -1, NULL));
    assert_content(fixture, "old");
    write_ok(fixture, "new");
    assert_content(fixture, "new");
    g_assert_false(g_file_test(temporary, G_FILE_TEST_EXISTS));
}

static void
assert_unreadable(const Fixture *fixture, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = virtcpu_state_file_read(fixture->path, &error);

    g_assert_null(text);
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_hostile(Fixture *fixture, gconstpointer data)
{
    assert_unreadable(fixture, g_strerror(ENOENT));

    g_assert_cmpint(mkfifo(fixture->path, 0600), ==, 0);
    assert_unreadable(fixture, "not a regular file");
    g_unlink(fixture->path);

    g_assert_true(g_file_set_contents(fixture->path, "a\0b", 3, NULL));
    assert_unreadable(fixture, "not text");
    g_unlink(fixture->path);

    g_assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
    g_assert_cmpint(truncate(fixture->path, VIRTCPU_STATE_FILE_MAX_BYTES + 1), ==, 0);
    assert_unreadable(fixture, "longer than");
}

static void
test_link(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = NULL, *second = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_state_file_link(fixture->path, "/nowhere", &error));
    first = g_file_read_link(fixture->path, NULL);
    g_assert_cmpstr(first, ==, "/nowhere");
    g_assert_true(virtcpu_state_file_link(fixture->path, "/elsewhere", &error));
    second = g_file_read_link(fixture->path, NULL);
    g_assert_cmpstr(second, ==, "/elsewhere");
    g_assert_true(virtcpu_state_file_remove(fixture->path, &error));
    g_assert_true(virtcpu_state_file_remove(fixture->path, &error));
    g_assert_no_error(error);
}

static void
test_list(Fixture *fixture, gconstpointer data)
{
    static const char *const files[] = { "b.xml", "a.xml", "a.xml.new", "c.json" };
    g_auto(GStrv) names = NULL;
    g_auto(GStrv) none = virtcpu_state_folder_list("/nonexistent", ".xml");

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, files[i], NULL);

        g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    }
    names = virtcpu_state_folder_list(fixture->folder, ".xml");
    g_assert_cmpint(g_strv_length(names), ==, 2);
    g_assert_cmpstr(names[0], ==, "a");
    g_assert_cmpstr(names[1], ==, "b");
    g_assert_cmpint(g_strv_length(none), ==, 0);
}

static void
test_tidy(Fixture *fixture, gconstpointer data)
{
    g_autofree char *torn = g_strconcat(fixture->path, ".new", NULL);
    g_autofree char *folder = g_strconcat(fixture->folder, "/full.new", NULL);
    g_autofree char *inside = g_build_filename(folder, "file", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_state_file_write(fixture->path, "whole", &error));
    g_assert_true(g_file_set_contents(torn, "to", 2, NULL));
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(inside, "x", 1, NULL));
    virtcpu_state_folder_tidy(fixture->folder);
    virtcpu_state_folder_tidy("/nonexistent");
    g_assert_false(g_file_test(torn, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(inside, G_FILE_TEST_EXISTS));
    g_unlink(inside);
    g_rmdir(folder);
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/state-file/replace", test_replace);
    ADD("/state-file/full-disk", test_full_disk);
    ADD("/state-file/no-folder", test_no_folder);
    ADD("/state-file/left-over", test_left_over);
    ADD("/state-file/hostile", test_hostile);
    ADD("/state-file/link", test_link);
    ADD("/state-file/list", test_list);
    ADD("/state-file/tidy", test_tidy);
    return g_test_run();
}
