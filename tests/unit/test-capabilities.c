/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The documents about this host and its QEMUs, asked of a driver as the daemon does. */
#include "conf/error.h"
#include "drivers/qemu/driver.h"
#include "tests/unit/folder.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder;
    VirtCpuHost *host;
    VirtCpuDriver *driver;
} Fixture;

static void
on_note(const VirtCpuNote *note, gpointer user_data)
{
}

static void
set_up(Fixture *fixture, gconstpointer search_path)
{
    VirtCpuDriverConfig config = { .qemu_search_path = search_path };
    g_autoptr(GError) error = NULL;

    fixture->folder = test_folder_new();
    config.config_dir = config.state_dir = config.lib_dir = config.cache_dir = config.log_dir =
        fixture->folder;
    fixture->host = virtcpu_host_read(NULL, &error);
    g_assert_no_error(error);
    fixture->driver = virtcpu_driver_new(fixture->host, &config, on_note, NULL, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer search_path)
{
    virtcpu_driver_free(fixture->driver);
    virtcpu_host_unref(fixture->host);
    test_folder_remove(fixture->folder);
    g_free(fixture->folder);
}

/* FALSE, and the test skipped, when there is no QEMU to ask. */
static gboolean
have_qemu(void)
{
    g_autofree char *binary = g_find_program_in_path("qemu-system-x86_64");

    if (binary == NULL) {
        g_test_skip("no qemu-system-x86_64 is installed");
    }
    return binary != NULL;
}

static void
test_host_only(Fixture *fixture, gconstpointer search_path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *peeked = virtcpu_driver_capabilities_peek(fixture->driver);
    g_autofree char *xml = virtcpu_driver_capabilities(fixture->driver, &error);
    g_autofree char *again = virtcpu_driver_capabilities_peek(fixture->driver);
    guint64 version;

    g_assert_null(peeked);
    g_assert_nonnull(strstr(xml, "<cells num="));
    g_assert_null(strstr(xml, "<guest>"));
    g_assert_cmpstr(again, ==, xml);
    g_assert_false(virtcpu_driver_version(fixture->driver, &version, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

static void
test_capabilities(Fixture *fixture, gconstpointer search_path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    guint64 version;

    if (!have_qemu()) {
        return;
    }
    xml = virtcpu_driver_capabilities(fixture->driver, &error);
    g_assert_nonnull(strstr(xml, "<arch name='x86_64'>"));
    g_assert_nonnull(strstr(xml, "qemu-system-x86_64</emulator>"));
    g_assert_nonnull(strstr(xml, ">q35</machine>"));
    g_assert_nonnull(strstr(xml, "<domain type='qemu'/>"));
    g_assert_null(strstr(xml, ">none</machine>"));
    g_assert_true(virtcpu_driver_version(fixture->driver, &version, &error));
    g_assert_cmpuint(version, >, 2000000);
}

static void
test_domain_capabilities(Fixture *fixture, gconstpointer search_path)
{
    const VirtCpuQemuChoice choice = { .virt_type = "qemu", .arch = "x86_64", .machine = "q35" };
    const VirtCpuQemuChoice unknown = { .virt_type = "qemu", .machine = "none" };
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *again = NULL;

    if (!have_qemu()) {
        return;
    }
    g_assert_null(virtcpu_driver_domain_capabilities_peek(fixture->driver, &choice));
    xml = virtcpu_driver_domain_capabilities(fixture->driver, &choice, 0, &error);
    g_assert_no_error(error);
    again = virtcpu_driver_domain_capabilities_peek(fixture->driver, &choice);
    g_assert_cmpstr(again, ==, xml);
    g_assert_null(virtcpu_driver_domain_capabilities_peek(fixture->driver, &unknown));
    g_assert_nonnull(strstr(xml, "<domain>qemu</domain>"));
    g_assert_nonnull(strstr(xml, "<machine>pc-q35-"));
    g_assert_nonnull(strstr(xml, "<mode name='host-passthrough' supported='no'/>"));
    g_assert_nonnull(strstr(xml, "<mode name='host-model' supported='yes'>\n      <model"));
    g_assert_nonnull(strstr(xml, ">Westmere</model>"));
    g_assert_nonnull(strstr(xml, "<blockers model='Broadwell'>"));
}

typedef struct {
    VirtCpuQemuChoice choice;
    const char *words;
} BadChoice;

static const BadChoice bad_choices[] = {
    { { .arch = "pdp11" }, "unknown architecture: pdp11" },
    { { .virt_type = "xen" }, "unknown virttype: xen" },
    { { .virt_type = "qemu", .machine = "none" }, "the machine 'none' is not supported" },
    { { .virt_type = "kvm", .arch = "sh4" }, "KVM is not supported by 'sh4' guests" },
};

static void
test_bad_choices(Fixture *fixture, gconstpointer search_path)
{
    if (!have_qemu()) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_choices); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(
            virtcpu_driver_domain_capabilities(fixture->driver, &bad_choices[i].choice, 0, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
        g_assert_nonnull(strstr(error->message, bad_choices[i].words));
    }
}

/* what a QEMU offers as host-model it provides, by its own comparison and baseline */
static void
test_hypervisor(Fixture *fixture, gconstpointer search_path)
{
    const VirtCpuQemuChoice choice = { .virt_type = "qemu", .arch = "x86_64" };
    char cpu[] = "<cpu mode='custom' match='exact'><model>Westmere</model></cpu>";
    char same[] = "<cpu mode='custom' match='exact'><model>Westmere</model></cpu>";
    char other[] = "<cpu mode='custom' match='exact'><model>Nehalem</model></cpu>";
    char *cpus[] = { cpu, NULL };
    char *repeated[] = { cpu, other, same, NULL };
    char unknown[] = "<cpu mode='custom' match='exact'><model>Nonesuch</model></cpu>";
    g_autoptr(GError) error = NULL;
    g_autofree char *baseline = NULL;
    g_autofree char *common = NULL;

    if (!have_qemu()) {
        return;
    }
    g_assert_cmpint(
        virtcpu_driver_compare_hypervisor_cpu(fixture->driver, &choice, cpu, FALSE, FALSE, &error),
        ==, VIRTCPU_COMPARE_SUPERSET);
    g_assert_no_error(error);
    baseline = virtcpu_driver_baseline_hypervisor_cpu(fixture->driver, &choice, cpus, FALSE, FALSE,
                                                      &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(baseline, "Westmere</model>"));
    /* a document that comes twice is read once, and counts */
    common = virtcpu_driver_baseline_cpu(fixture->driver, repeated, FALSE, FALSE, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(common, ">Nehalem</model>"));
    g_assert_cmpint(virtcpu_driver_compare_cpu(fixture->driver, unknown, FALSE, FALSE, &error), ==,
                    VIRTCPU_COMPARE_ERROR);
    g_assert_nonnull(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/capabilities/host-only", Fixture, "/nonexistent", set_up, test_host_only,
               tear_down);
    g_test_add("/capabilities/all", Fixture, NULL, set_up, test_capabilities, tear_down);
    g_test_add("/capabilities/domain", Fixture, NULL, set_up, test_domain_capabilities, tear_down);
    g_test_add("/capabilities/bad-choices", Fixture, NULL, set_up, test_bad_choices, tear_down);
    g_test_add("/capabilities/hypervisor", Fixture, NULL, set_up, test_hypervisor, tear_down);
    return g_test_run();
}
