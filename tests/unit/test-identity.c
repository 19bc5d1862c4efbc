/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tells one state of a QEMU from another: every file that it loads counts, others do not. */
#include "drivers/qemu/facts.h"
#include "drivers/qemu/identity.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *base, *binary, *modules, *firmware;
    VirtCpuQemuIdentities *identities;
    char *before;
} Fixture;

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *bin = NULL;

    fixture->base = test_folder_new();
    bin = g_build_filename(fixture->base, "bin", NULL);
    fixture->binary = g_build_filename(bin, "qemu-system-x86_64", NULL);
    fixture->modules = g_build_filename(fixture->base, "lib", "qemu", NULL);
    fixture->firmware = g_build_filename(fixture->base, "share", "qemu", "firmware", NULL);
    write_file(bin, "qemu-system-x86_64", "#!/bin/sh\n");
    write_file(fixture->modules, "accel.so", "1");
    write_file(fixture->firmware, "60-ovmf.json", "{}");
    fixture->identities = virtcpu_qemu_identities_new();
    fixture->before = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    g_assert_nonnull(fixture->before);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    test_folder_remove(fixture->base);
    virtcpu_qemu_identities_free(fixture->identities);
    g_free(fixture->base);
    g_free(fixture->binary);
    g_free(fixture->modules);
    g_free(fixture->firmware);
    g_free(fixture->before);
}

/* What changed since the start, once the folders are looked at again. */
static char *
difference(Fixture *fixture)
{
    g_autofree char *now = NULL;

    virtcpu_qemu_identities_forget(fixture->identities);
    now = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    return virtcpu_qemu_facts_difference(fixture->before, now);
}

static void
assert_difference(Fixture *fixture, const char *format, const char *folder)
{
    g_autoptr(GString) expected = g_string_new(format);
    g_autofree char *what = difference(fixture);

    g_string_replace(expected, "%s", folder, 1);
    g_assert_cmpstr(what, ==, expected->str);
}

static void
test_unchanged(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *what = NULL;
    g_autofree char *bin = g_path_get_dirname(fixture->binary);

    write_file(bin, "qemu-system-arm", "#!/bin/sh\n");
    write_file(fixture->base, "notes", "");
    what = difference(fixture);
    g_assert_cmpstr(what, ==, NULL);
}

static void
test_modules(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(fixture->modules, "accel.so", NULL);
    g_autofree char *kept = NULL;

    write_file(fixture->modules, "accel.so", "22");
    kept = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    g_assert_cmpstr(kept, ==, fixture->before); /* folders are looked at when told to */
    assert_difference(fixture, "the QEMU modules in '%s' changed", fixture->modules);
    write_file(fixture->modules, "new.so", "");
    assert_difference(fixture, "the QEMU modules in '%s' changed", fixture->modules);
    test_folder_remove(fixture->modules);
    assert_difference(fixture, "the QEMU modules in '%s' is gone", fixture->modules);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
test_firmware(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *now = NULL;

    write_file(fixture->firmware, "50-own.json", "{}");
    assert_difference(fixture, "the firmware in '%s' changed", fixture->firmware);
    now = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    g_assert_true(virtcpu_qemu_identity_same_binary(fixture->before, now));
    g_assert_false(virtcpu_qemu_identity_same_binary("", ""));
    g_assert_false(virtcpu_qemu_identity_same_binary(now, "device=1"));
}

static void
test_binary(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *now = NULL;
    g_autofree char *what = NULL;
    g_autofree char *gone = NULL;
    g_autofree char *bin = g_path_get_dirname(fixture->binary);

    write_file(bin, "qemu-system-x86_64", "#!/bin/sh\nexit 1\n");
    now = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    what = virtcpu_qemu_facts_difference(fixture->before, now);
    g_assert_false(virtcpu_qemu_identity_same_binary(fixture->before, now));
    g_assert_nonnull(strstr(what, "the binary's size was '10' and is '17'"));
    g_assert_cmpint(g_remove(fixture->binary), ==, 0);
    gone = virtcpu_qemu_identities_get(fixture->identities, fixture->binary);
    g_assert_null(gone);
    g_assert_cmpint(errno, ==, ENOENT);
}

/* a link in another folder: what its target loads counts */
static void
test_link(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *link = g_build_filename(fixture->base, "share", "qemu-kvm", NULL);
    g_auto(GStrv) folders = NULL;

    g_assert_cmpint(symlink(fixture->binary, link), ==, 0);
    folders = virtcpu_qemu_identity_folders(link);
    g_assert_true(g_strv_contains((const char *const *)folders, fixture->modules));
    g_assert_true(g_strv_contains((const char *const *)folders, fixture->firmware));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/identity/unchanged", Fixture, NULL, set_up, test_unchanged, tear_down);
    g_test_add("/identity/modules", Fixture, NULL, set_up, test_modules, tear_down);
    g_test_add("/identity/firmware", Fixture, NULL, set_up, test_firmware, tear_down);
    g_test_add("/identity/binary", Fixture, NULL, set_up, test_binary, tear_down);
    g_test_add("/identity/link", Fixture, NULL, set_up, test_link, tear_down);
    return g_test_run();
}
