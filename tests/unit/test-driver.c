/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of domains, for the next daemon and beside other clients. */
#include "tests/unit/driver-fixture.h"
#include "tests/unit/patience.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

static void
assert_define_fails(TestDriver *fixture, const char *name, const char *digits, const char *cpu,
                    VirtCpuErrorCode code, const char *words)
{
    g_autofree char *xml = test_driver_domain_xml(name, digits, cpu);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_define(fixture->driver, xml, FALSE, &error);

    g_assert_null(ref);
    g_assert_error(error, VIRTCPU_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_define(TestDriver *fixture)
{
    g_autofree char *text = g_strnfill((gsize)64 * 1024, 'x');
    g_autofree char *much = g_strdup_printf("<description>%s</description>", text);
    g_autofree char *first = NULL, *second = NULL;
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) error = NULL;

    test_driver_define(fixture, "");
    assert_define_fails(fixture, "d", "11", "", VIRTCPU_ERR_OPERATION_FAILED,
                        "domain 'd' already exists with uuid 01020304-0506-0708-090a-0b0c0d0e0f10");
    assert_define_fails(fixture, "e", "10", "", VIRTCPU_ERR_OPERATION_FAILED,
                        "domain 'd' is already defined with uuid");
    assert_define_fails(fixture, "e", "11", "<cpu mode='host-passthrough'/>",
                        VIRTCPU_ERR_CONFIG_UNSUPPORTED, "is not supported by hypervisor");
    assert_define_fails(fixture, "e", "11",
                        "<cpu mode='host-model'><cache mode='passthrough'/></cpu>",
                        VIRTCPU_ERR_CONFIG_UNSUPPORTED, "CPU cache mode 'passthrough'");

    all = virtcpu_driver_list(fixture->driver, 0);
    g_assert_cmpint(all->len, ==, 1);
    first = test_driver_xml(fixture, 0);
    g_assert_nonnull(strstr(first, "machine='pc-i440fx-"));
    g_assert_nonnull(strstr(first, "<cpu mode='custom' match='exact' check='none'>"));
    g_assert_nonnull(strstr(first, ">qemu64-v1</model>"));
    g_assert_true(virtcpu_driver_set_autostart(fixture->driver, test_driver_uuid, TRUE, &error));

    test_driver_restart(fixture);
    second = test_driver_xml(fixture, 0);
    g_assert_cmpstr(first, ==, second);
    test_driver_define(fixture, "<cpu mode='maximum'/>");
    test_driver_define(fixture, much);
    /* it takes a while */
    g_assert_null(virtcpu_driver_xml_peek(fixture->driver, test_driver_uuid, 0));
    g_assert_true(virtcpu_driver_undefine(fixture->driver, test_driver_uuid, 0, &error));
    g_assert_no_error(error);
    g_assert_null(virtcpu_driver_xml_peek(fixture->driver, test_driver_uuid, 0));
    test_driver_assert_events(fixture, "(0,0)(0,1)(0,1)(1,0)");

    test_driver_restart(fixture);
    g_assert_null(virtcpu_driver_lookup_uuid(fixture->driver, test_driver_uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

static void
test_redefine(TestDriver *fixture)
{
    g_autofree char *live = NULL, *config = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;

    test_driver_define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    test_driver_start(fixture, VIRTCPU_START_PAUSED);
    test_driver_define(fixture, "<cpu check='none'><model>Nehalem</model></cpu>");
    live = test_driver_xml(fixture, 0);
    config = test_driver_xml(fixture, 2);
    g_assert_nonnull(strstr(live, ">Westmere-v1</model>"));
    g_assert_nonnull(strstr(config, ">Nehalem-v1</model>"));
    info = test_driver_info(fixture);
    g_assert_true(info.updated);
    virtcpu_domain_info_clear(&info);

    g_assert_true(virtcpu_driver_undefine(fixture->driver, test_driver_uuid, 0, &error));
    info = test_driver_info(fixture);
    g_assert_false(info.persistent);
    g_assert_true(info.active);
    virtcpu_domain_info_clear(&info);
    g_clear_pointer(&config, g_free);
    config = test_driver_xml(fixture, 2);
    g_assert_nonnull(strstr(config, ">Westmere-v1</model>"));
    g_assert_null(strstr(config, "<feature"));
    test_driver_destroy(fixture);
    g_assert_null(virtcpu_driver_lookup_uuid(fixture->driver, test_driver_uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

static void
test_native(TestDriver *fixture)
{
    g_autofree char *xml =
        test_driver_domain_xml("d", "10", "<cpu check='full'><model>Westmere</model></cpu>");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = virtcpu_driver_native_argv(fixture->driver, xml, &error);

    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, "LC_ALL=C"));
    g_assert_nonnull(strstr(text, "-cpu 'base,vendor="));
    g_assert_nonnull(strstr(text, "-uuid 01020304-0506-0708-090a-0b0c0d0e0f10"));
    g_assert_null(virtcpu_driver_lookup_name(fixture->driver, "d", NULL));
}

static void
test_reconnect(TestDriver *fixture)
{
    g_autofree char *before = NULL, *after = NULL, *reply = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;
    int pid;

    test_driver_define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    test_driver_start(fixture, 0);
    before = test_driver_xml(fixture, 0);
    info = test_driver_info(fixture);
    pid = info.pid;
    virtcpu_domain_info_clear(&info);

    test_driver_restart(fixture);
    info = test_driver_info(fixture);
    g_assert_cmpint(info.pid, ==, pid);
    g_assert_cmpint(info.state, ==, VIRTCPU_DOMAIN_RUNNING);
    virtcpu_domain_info_clear(&info);
    after = test_driver_xml(fixture, 0);
    g_assert_cmpstr(before, ==, after);
    reply = virtcpu_driver_monitor_command(fixture->driver, test_driver_uuid,
                                           "{\"execute\":\"query-status\"}", FALSE, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(reply, "running"));
    g_assert_true(virtcpu_driver_is_busy(fixture->driver));

    test_driver_destroy(fixture);
    test_driver_assert_events(fixture, "(0,0)(4,0)(2,0)(6,2)(5,1)");
}

/* Started once a boot of the host, not once a daemon. */
static void
test_autostart(TestDriver *fixture)
{
    g_autofree char *done = g_build_filename(fixture->state_dir, "qemu", "autostarted", NULL);
    g_autoptr(GError) error = NULL;

    test_driver_define(fixture, "");
    g_assert_true(virtcpu_driver_set_autostart(fixture->driver, test_driver_uuid, TRUE, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_unlink(done), ==, 0);
    test_driver_restart(fixture);
    test_driver_assert_events(fixture, "(0,0)(4,0)(2,0)");
    test_driver_destroy(fixture);
    test_driver_assert_events(fixture, "(6,2)(5,1)");
    test_driver_restart(fixture);
    g_assert_false(virtcpu_driver_is_busy(fixture->driver));
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_UNKNOWN);
}

#define CROWD 5

/* What one of many clients does: anything may be refused, nothing may break. */
static gpointer
run_client(gpointer data)
{
    TestDriver *fixture = data;

    for (int round = 0; round < 4; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) all = virtcpu_driver_list(fixture->driver, 0);
        g_autoptr(VirtCpuDomainRef) ref = NULL;
        g_autofree char *xml = test_driver_xml(fixture, 0);

        g_assert_cmpint(all->len, ==, 1);
        ref = virtcpu_driver_start(fixture->driver, test_driver_uuid, VIRTCPU_START_PAUSED, 0,
                                   &error);
        if (!ref)
            g_assert_nonnull(error);
        g_clear_error(&error);
        if (!virtcpu_driver_resume(fixture->driver, test_driver_uuid, &error))
            g_assert_nonnull(error);
        g_clear_error(&error);
        if (!virtcpu_driver_destroy(fixture->driver, test_driver_uuid, FALSE, &error))
            g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    }
    return NULL;
}

static void
test_crowd(TestDriver *fixture)
{
    GThread *threads[CROWD];

    test_driver_define(fixture, "");
    for (gsize i = 0; i < CROWD; i++)
        threads[i] = g_thread_new("client", run_client, fixture);
    for (gsize i = 0; i < CROWD; i++)
        g_thread_join(threads[i]);
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_DESTROYED);
}

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, "qemu", name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Files that are torn or lie are logged and left; everything else is served. */
static void
test_torn_files(TestDriver *fixture)
{
    g_autofree char *kept = g_build_filename(fixture->config_dir, "qemu", "torn.xml", NULL);
    g_autoptr(GPtrArray) all = NULL;
    VirtCpuDomainInfo info;

    test_driver_define(fixture, "");
    write_file(fixture->config_dir, "torn.xml", "<domain type='qemu'><name>torn</na");
    write_file(fixture->config_dir, "liar.xml", "<domain type='qemu'><name>d</name></domain>");
    write_file(fixture->config_dir, "empty.xml", "");
    write_file(fixture->state_dir, "torn.json", "{\"format\": 1, \"name\": \"to");
    write_file(fixture->state_dir, "liar.json",
               "{\"format\":1,\"name\":\"d\",\"uuid\":\"x\",\"monitor\":\"/dev/null\"}");
    test_driver_restart(fixture);
    all = virtcpu_driver_list(fixture->driver, 0);
    g_assert_cmpint(all->len, ==, 1);
    g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
    test_driver_start(fixture, VIRTCPU_START_PAUSED);
    info = test_driver_info(fixture);

    /* a torn status must not lead to a second QEMU on the same disks */
    write_file(fixture->state_dir, "d.json", "{\"format\": 1, \"na");
    test_driver_restart(fixture);
    test_driver_assert_start_fails(fixture, VIRTCPU_ERR_OPERATION_INVALID, "still runs");
    test_driver_assert_start_fails(fixture, VIRTCPU_ERR_OPERATION_INVALID, "still runs");
    g_assert_cmpint(kill(info.pid, SIGKILL), ==, 0);
    virtcpu_domain_info_clear(&info);
}

static void
wait_until_gone(const char *path)
{
    const gint64 deadline = g_get_monotonic_time() + TEST_PATIENCE_US;

    while (g_access(path, F_OK) == 0 && g_get_monotonic_time() < deadline)
        g_usleep(1000);
    g_assert_cmpint(g_access(path, F_OK), !=, 0);
}

/* A start the earlier daemon never acknowledged: its QEMU must not linger. */
static void
test_unacknowledged(TestDriver *fixture)
{
    g_autofree char *status = g_build_filename(fixture->state_dir, "qemu", "d.json", NULL);
    g_autofree char *monitor = g_build_filename(fixture->state_dir, "qemu", "d.monitor", NULL);
    g_autofree char *text = NULL, *path = NULL;
    VirtCpuDomainInfo info;

    test_driver_define(fixture, "");
    test_driver_start(fixture, VIRTCPU_START_PAUSED);
    info = test_driver_info(fixture);
    path = g_strdup_printf("/proc/%d/exe", info.pid);
    virtcpu_domain_info_clear(&info);
    text = g_strdup_printf("{\"format\":1,\"name\":\"d\","
                           "\"uuid\":\"01020304-0506-0708-090a-0b0c0d0e0f10\","
                           "\"monitor\":\"%s\",\"starting\":true}",
                           monitor);
    g_assert_true(g_file_set_contents(status, text, -1, NULL));
    test_driver_restart(fixture);
    test_driver_assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_UNKNOWN);
    /* our child becomes a zombie, whose program is gone */
    wait_until_gone(path);
    wait_until_gone(status);
}

static const TestDriverRow tests[] = {
    { "/driver/define", test_define },         { "/driver/redefine", test_redefine },
    { "/driver/native", test_native },         { "/driver/reconnect", test_reconnect },
    { "/driver/autostart", test_autostart },   { "/driver/crowd", test_crowd },
    { "/driver/torn-files", test_torn_files }, { "/driver/unacknowledged", test_unacknowledged },
};

int
main(int argc, char **argv)
{
    return test_driver_main(argc, argv, tests, G_N_ELEMENTS(tests));
}
