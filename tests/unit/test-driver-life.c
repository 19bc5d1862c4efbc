/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lives of guests, and how they end. */
#include "tests/unit/driver-fixture.h"

#include <signal.h>
#include <string.h>

static void
test_life(TestDriver *fixture)
{
    g_autofree char *live = NULL, *inactive = NULL;
    g_autoptr(GError) error = NULL;
    gint64 before;

    test_driver_define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    test_driver_start(fixture, VIRTCPU_START_PAUSED);
    test_driver_assert_events(fixture, "(0,0)(2,0)(3,0)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_USER);
    live = test_driver_xml(fixture, 0);
    g_assert_nonnull(strstr(live, "check='full'"));
    g_assert_nonnull(strstr(live, "<feature policy='require' name='hypervisor'/>"));
    g_assert_nonnull(strstr(live, "/dev/pts/"));
    inactive = test_driver_xml(fixture, 2);
    g_assert_null(strstr(inactive, "<feature"));
    g_assert_null(strstr(inactive, "/dev/pts/"));

    g_assert_true(virtcpu_driver_resume(fixture->driver, test_driver_uuid, &error));
    test_driver_assert_events(fixture, "(4,0)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_RUNNING, VIRTCPU_RUNNING_UNPAUSED);
    g_assert_false(virtcpu_driver_resume(fixture->driver, test_driver_uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);
    g_assert_true(virtcpu_driver_suspend(fixture->driver, test_driver_uuid, &error));
    test_driver_assert_events(fixture, "(3,0)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_USER);
    g_assert_true(virtcpu_driver_reset(fixture->driver, test_driver_uuid, &error));
    test_driver_assert_events(fixture, "reboot");
    g_assert_no_error(error);

    before = g_get_monotonic_time();
    test_driver_destroy(fixture);
    g_test_message("destroyed in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - before);
    test_driver_assert_events(fixture, "(6,2)(5,1)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_DESTROYED);
    g_assert_false(virtcpu_driver_destroy(fixture->driver, test_driver_uuid, FALSE, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);

    before = g_get_monotonic_time();
    test_driver_start(fixture, 0);
    g_test_message("started in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - before);
    test_driver_assert_events(fixture, "(4,0)(2,0)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_RUNNING, VIRTCPU_RUNNING_BOOTED);
    test_driver_destroy(fixture);
    test_driver_assert_events(fixture, "(6,2)(5,1)");
}

static void
test_refused(TestDriver *fixture)
{
    test_driver_define(fixture, "<cpu check='full'><model>Westmere</model>"
                                "<feature name='avx512f' policy='require'/></cpu>");
    test_driver_assert_start_fails(
        fixture, VIRTCPU_ERR_OPERATION_FAILED,
        "guest CPU doesn't match specification: missing features: avx512f");
    test_driver_define(fixture, "<cpu check='partial'><model>Westmere</model>"
                                "<feature name='avx512f' policy='require'/></cpu>");
    test_driver_assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "avx512f");
    test_driver_define(fixture, "<cpu check='partial'><model>Westmere</model>"
                                "<feature name='sse4.2' policy='forbid'/></cpu>");
    test_driver_assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "sse4.2");
    test_driver_define(fixture, "<cpu check='partial'><model>Skylake-Server</model></cpu>");
    test_driver_assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "avx512f");
    test_driver_define(fixture, "<cpu check='none'><model>Skylake-Server</model></cpu>");
    test_driver_assert_events(fixture, "(0,0)(0,1)(0,1)(0,1)(0,1)");
    test_driver_start(fixture, VIRTCPU_START_PAUSED);
    test_driver_destroy(fixture);
}

/* QEMU dies while nobody looks, then while somebody does. */
static void
test_death(TestDriver *fixture)
{
    VirtCpuDomainInfo info;

    test_driver_define(fixture, "");
    test_driver_start(fixture, 0);
    info = test_driver_info(fixture);
    test_driver_assert_events(fixture, "(0,0)(4,0)(2,0)");
    g_test_expect_message("virtcpu", G_LOG_LEVEL_MESSAGE, "*killed by signal 9*");
    kill(info.pid, SIGKILL);
    virtcpu_domain_info_clear(&info);
    test_driver_assert_events(fixture, "(5,5)");
    g_test_assert_expected_messages();
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_CRASHED);
}

/* SIGTERM from outside: QEMU says goodbye. */
static void
test_goodbye(TestDriver *fixture)
{
    VirtCpuDomainInfo info;

    test_driver_define(fixture, "");
    test_driver_start(fixture, 0);
    info = test_driver_info(fixture);
    test_driver_assert_events(fixture, "(0,0)(4,0)(2,0)");
    kill(info.pid, SIGTERM);
    virtcpu_domain_info_clear(&info);
    test_driver_assert_events(fixture, "(6,2)(5,0)");
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_SHUTDOWN);
}

static void
test_transient(TestDriver *fixture)
{
    g_autofree char *xml = test_driver_domain_xml("d", "10", "");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_create(fixture->driver, xml, VIRTCPU_START_AUTODESTROY, FALSE, 7, &error);
    g_autoptr(VirtCpuDomainRef) again = NULL;

    g_assert_no_error(error);
    g_assert_cmpint(ref->id, >, 0);
    again = virtcpu_driver_create(fixture->driver, xml, 0, FALSE, 0, &error);
    g_assert_null(again);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);
    g_assert_false(virtcpu_driver_undefine(fixture->driver, test_driver_uuid, 0, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);

    virtcpu_driver_owner_gone(fixture->driver, 8);
    virtcpu_driver_owner_gone(fixture->driver, 7);
    test_driver_assert_events(fixture, "(4,0)(2,0)(5,1)");
    while (virtcpu_driver_is_busy(fixture->driver))
        g_thread_yield();
    g_assert_null(virtcpu_driver_lookup_name(fixture->driver, "d", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

/* A boot sector that powers a PC off: 0x2000 to the PM1 control port of QEMU's i440fx (PMBASE
 * 0x600, where SeaBIOS puts it). */
static const guint8 power_off[] = { 0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4, 0xeb, 0xfd };

static char *
bootable_xml(TestDriver *fixture, const char *actions)
{
    g_autofree char *path = g_build_filename(fixture->root, "disk.img", NULL);
    guint8 sector[512] = { 0 };

    memcpy(sector, power_off, sizeof(power_off));
    sector[510] = 0x55;
    sector[511] = 0xaa;
    g_assert_true(g_file_set_contents(path, (const char *)sector, sizeof(sector), NULL));
    return g_strdup_printf("<domain type='qemu'><name>d</name>"
                           "<uuid>01020304-0506-0708-090a-0b0c0d0e0f10</uuid>"
                           "<memory unit='MiB'>32</memory>"
                           "<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>"
                           "<features><acpi/></features>%s"
                           "<devices><disk type='file' device='disk'>"
                           "<driver name='qemu' type='raw'/><source file='%s'/>"
                           "<target dev='hda' bus='ide'/></disk></devices></domain>",
                           actions, path);
}

static void
create_paused(TestDriver *fixture, const char *actions)
{
    g_autofree char *xml = bootable_xml(fixture, actions);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_create(fixture->driver, xml, VIRTCPU_START_PAUSED, FALSE, 0, &error);

    g_assert_no_error(error);
    g_assert_nonnull(ref);
    test_driver_assert_events(fixture, "(2,0)(3,0)");
}

static void
resume(TestDriver *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_driver_resume(fixture->driver, test_driver_uuid, &error));
    g_assert_no_error(error);
}

/* The guest powers itself off; after virsh reboot the first time only resets it, and that is still
 * so when the daemon was restarted in between. */
static void
test_power_off(TestDriver *fixture)
{
    g_autofree char *seen = NULL;
    g_autoptr(GError) error = NULL;

    create_paused(fixture, "");
    resume(fixture);
    test_driver_assert_events(fixture, "(4,0)(6,1)(5,0)");

    create_paused(fixture, "");
    g_assert_true(virtcpu_driver_reboot(fixture->driver, test_driver_uuid, 0, &error));
    g_assert_no_error(error);
    test_driver_restart(fixture);
    resume(fixture);
    seen = test_driver_events_until(fixture, "(5,0)");
    g_assert_cmpstr(seen, ==, "(4,0)(6,1)reboot(4,0)(6,1)(5,0)");
}

/* A stopped QEMU answers nobody; who waits for it is let go by destroy. */
static gpointer
run_suspend(gpointer data)
{
    TestDriver *fixture = data;
    g_autoptr(GError) error = NULL;

    g_assert_false(virtcpu_driver_suspend(fixture->driver, test_driver_uuid, &error));
    /* the monitor's end, or no longer running when it came late; not the end of its patience */
    g_assert_nonnull(error);
    g_assert_false(g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT));
    return NULL;
}

static void
test_hung(TestDriver *fixture)
{
    VirtCpuDomainInfo info;
    g_autofree char *events = NULL;
    GThread *waiter;

    test_driver_define(fixture, "");
    test_driver_start(fixture, 0);
    info = test_driver_info(fixture);
    g_assert_cmpint(kill(info.pid, SIGSTOP), ==, 0);
    virtcpu_domain_info_clear(&info);
    waiter = g_thread_new("suspend", run_suspend, fixture);
    g_usleep(50000); /* too early, and destroy is merely the ordinary one */
    test_driver_destroy(fixture);
    g_thread_join(waiter);
    /* a QEMU that stays stopped is told of, when destroy is not quicker */
    events = test_driver_events_until(fixture, "(5,1)");
    g_assert_true(g_str_equal(events, "(0,0)(4,0)(2,0)(6,2)(5,1)") ||
                  g_str_equal(events, "(0,0)(4,0)(2,0)control-error(6,2)(5,1)"));
}

/* What KVM gives is promised in full and kept; where it is usable. */
static void
test_kvm(TestDriver *fixture)
{
    static const char *const cpus[] = {
        "<cpu mode='host-model' check='full'/>",
        "<cpu mode='host-passthrough' check='full'/>",
        "<cpu mode='maximum' check='full'/>",
    };

    if (!fixture->host->kvm_usable) {
        g_test_message("KVM: %s", fixture->host->kvm_reason);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(cpus); i++) {
        g_autofree char *xml = test_driver_typed_xml("kvm", "d", "10", cpus[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDomainRef) ref =
            virtcpu_driver_create(fixture->driver, xml, VIRTCPU_START_PAUSED, FALSE, 0, &error);

        g_assert_no_error(error);
        g_assert_nonnull(ref);
        test_driver_destroy(fixture);
    }
}

static const TestDriverRow tests[] = {
    { "/driver-life/life", test_life },           { "/driver-life/refused", test_refused },
    { "/driver-life/death", test_death },         { "/driver-life/goodbye", test_goodbye },
    { "/driver-life/transient", test_transient }, { "/driver-life/power-off", test_power_off },
    { "/driver-life/hung", test_hung },           { "/driver-life/kvm", test_kvm },
};

int
main(int argc, char **argv)
{
    return test_driver_main(argc, argv, tests, G_N_ELEMENTS(tests));
}
