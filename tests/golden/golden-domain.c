/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions as users write them: tests/data/domain/NAME.xml completed is completed/NAME.xml, and
 * refused/NAME.xml is refused with refused/NAME.err. VIRTCPU_TEST_REGENERATE=1 writes what came out
 * instead of comparing. */
#include "conf/domain-def.h"

#include <string.h>

static const VirtCpuDomainDefaults defaults = {
    .arch = VIRTCPU_ARCH_X86_64,
    .machine = "pc-i440fx-7.2",
    .emulator = "/usr/bin/qemu-system-x86_64",
};

static char *
read_file(const char *folder, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "domain", folder, file, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* Hold @got against the file, or write it there. */
static void
assert_golden(const char *folder, const char *name, const char *suffix, const char *got)
{
    g_autofree char *expected = NULL;

    if (g_getenv("VIRTCPU_TEST_REGENERATE") != NULL) {
        g_autofree char *file = g_strconcat(name, suffix, NULL);
        g_autofree char *path =
            g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "domain", folder, file, NULL);

        g_assert_true(g_file_set_contents(path, got, -1, NULL));
        return;
    }
    expected = read_file(folder, name, suffix);
    g_assert_cmpstr(got, ==, expected);
}

static char *
format(const VirtCpuDomainDef *def)
{
    return virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_INACTIVE | VIRTCPU_DOMAIN_XML_SECURE);
}

static VirtCpuDomainDef *
read_domain(const char *xml, gboolean validate, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, validate, error);

    return def != NULL && virtcpu_domain_def_complete(def, &defaults, error) ? g_steal_pointer(&def)
                                                                             : NULL;
}

static void
test_completed(gconstpointer data)
{
    const char *name = data;
    g_autofree char *xml = read_file("", name, ".xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = read_domain(xml, TRUE, &error);
    g_autoptr(VirtCpuDomainDef) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *second = NULL;

    g_assert_no_error(error);
    text = format(def);
    assert_golden("completed", name, ".xml", text);
    again = read_domain(text, TRUE, &error);
    g_assert_no_error(error);
    second = format(again);
    g_assert_cmpstr(second, ==, text);
}

static void
test_refused(gconstpointer data)
{
    const char *name = data;
    g_autofree char *xml = read_file("refused", name, ".xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = read_domain(xml, FALSE, &error);
    g_autofree char *said = NULL;

    g_assert_null(def);
    g_assert_nonnull(error);
    said = g_strdup_printf("%d: %s\n", error->code, error->message);
    assert_golden("refused", name, ".err", said);
}

/* A case for every .xml file in @folder. */
static void
add_cases(const char *folder, GTestDataFunc test)
{
    g_autofree char *path = g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "domain", folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *file;
    unsigned count = 0;

    g_assert_nonnull(dir);
    while ((file = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(file, ".xml")) {
            char *name = g_strndup(file, strlen(file) - strlen(".xml"));
            g_autofree char *label = g_build_path("/", "/domain-xml", folder, name, NULL);

            g_test_add_data_func_full(label, name, test, g_free);
            count++;
        }
    }
    g_assert_cmpuint(count, >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_cases("", test_completed);
    add_cases("refused", test_refused);
    return g_test_run();
}
