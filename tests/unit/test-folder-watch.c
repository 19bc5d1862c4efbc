/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes in folders: noticed once for many, by name, and in folders that come later. */
#include "drivers/qemu/folder-watch.h"
#include "tests/unit/folder.h"
#include "tests/unit/patience.h"

#include <glib/gstdio.h>
#include <stdio.h>

typedef struct {
    char *base;
    VirtCpuFolderWatch *watch;
    unsigned calls;
} Fixture;

static void
count_call(gpointer data)
{
    ((Fixture *)data)->calls++;
}

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    fixture->base = test_folder_new();
    fixture->watch =
        virtcpu_folder_watch_new(g_main_context_default(), count_call, fixture, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    virtcpu_folder_watch_free(fixture->watch);
    test_folder_remove(fixture->base);
    g_free(fixture->base);
}

static void
touch(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->base, name, NULL);
    FILE *file = fopen(path, "w"); /* quick: GLib's would wait for the disk */

    g_assert_nonnull(file);
    fclose(file);
}

static void
make_folder(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->base, name, NULL);

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
}

static gboolean
stop_waiting(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

/* The calls made within @ms, at most one of them waited for. */
static unsigned
calls_within(Fixture *fixture, guint ms)
{
    gboolean late = FALSE;
    guint timer = g_timeout_add(ms, stop_waiting, &late);

    fixture->calls = 0;
    while (fixture->calls == 0 && !late) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (!late) {
        g_source_remove(timer);
    }
    return fixture->calls;
}

static void
test_names(Fixture *fixture, gconstpointer unused)
{
    virtcpu_folder_watch_add(fixture->watch, fixture->base, "qemu-*");
    virtcpu_folder_watch_add(fixture->watch, fixture->base, "other");
    touch(fixture, "notes");
    g_assert_cmpuint(calls_within(fixture, 600), ==, 0);
    touch(fixture, "qemu-system-arm");
    g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
    touch(fixture, "other");
    g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
}

static void
test_many(Fixture *fixture, gconstpointer unused)
{
    virtcpu_folder_watch_add(fixture->watch, fixture->base, "*");
    for (int i = 0; i < 2000; i++) {
        touch(fixture, "a");
    }
    g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
    g_assert_cmpuint(calls_within(fixture, 600), ==, 0);
}

/* a folder two levels below what is there comes, goes and comes again */
static void
test_awaited(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *folder = g_build_filename(fixture->base, "lib", "qemu", NULL);

    virtcpu_folder_watch_add(fixture->watch, folder, "*.so");
    touch(fixture, "share");
    g_assert_cmpuint(calls_within(fixture, 600), ==, 0);
    for (int i = 0; i < 2; i++) {
        make_folder(fixture, "lib");
        make_folder(fixture, "lib/qemu");
        g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
        touch(fixture, "lib/qemu/tcg.so");
        g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
        g_autofree char *lib = g_build_filename(fixture->base, "lib", NULL);
        test_folder_remove(lib);
        g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
    }
}

/* whoever counts sees a change before anybody was told of it, also in folders that come */
static void
test_count(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *folder = g_build_filename(fixture->base, "lib", NULL);
    guint64 before;
    guint64 count;

    virtcpu_folder_watch_add(fixture->watch, fixture->base, "qemu-*");
    virtcpu_folder_watch_add(fixture->watch, folder, "*.so");
    before = virtcpu_folder_watch_count(fixture->watch);
    g_assert_cmpuint(before, !=, 0);
    g_assert_cmpuint(virtcpu_folder_watch_count(fixture->watch), ==, before);

    touch(fixture, "qemu-system-arm");
    g_assert_cmpuint(virtcpu_folder_watch_count(fixture->watch), ==, 0);
    g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
    count = virtcpu_folder_watch_count(fixture->watch);
    g_assert_cmpuint(count, >, before);

    make_folder(fixture, "lib");
    touch(fixture, "lib/tcg.so");
    g_main_context_iteration(NULL, TRUE);
    touch(fixture, "lib/kvm.so"); /* where nothing is watched yet */
    g_assert_cmpuint(virtcpu_folder_watch_count(fixture->watch), ==, 0);
    g_assert_cmpuint(calls_within(fixture, TEST_PATIENCE_MS), ==, 1);
    g_assert_cmpuint(virtcpu_folder_watch_count(fixture->watch), >, count);
}

/* what was noticed is not told any more once the watch is gone */
static void
test_freed(Fixture *fixture, gconstpointer unused)
{
    virtcpu_folder_watch_add(fixture->watch, fixture->base, "*");
    touch(fixture, "a");
    g_main_context_iteration(NULL, FALSE);
    g_clear_pointer(&fixture->watch, virtcpu_folder_watch_free);
    g_assert_cmpuint(calls_within(fixture, 600), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/folder-watch/names", Fixture, NULL, set_up, test_names, tear_down);
    g_test_add("/folder-watch/many", Fixture, NULL, set_up, test_many, tear_down);
    g_test_add("/folder-watch/awaited", Fixture, NULL, set_up, test_awaited, tear_down);
    g_test_add("/folder-watch/count", Fixture, NULL, set_up, test_count, tear_down);
    g_test_add("/folder-watch/freed", Fixture, NULL, set_up, test_freed, tear_down);
    return g_test_run();
}
