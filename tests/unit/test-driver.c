/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver with a real QEMU under TCG. As in the daemon, the main thread runs the loop and calls
 * come from another thread. */
#include "conf/error.h"
#include "drivers/qemu/driver.h"
#include "tests/unit/folder.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define WAIT_SECONDS 20

typedef struct _Fixture Fixture;

/* The body of a test, on its own thread. */
typedef void (*TestFunc)(Fixture *fixture);

struct _Fixture {
    TestFunc func;
    char *root;
    char *config_dir, *state_dir, *lib_dir, *log_dir;
    VirtCpuHost *host;
    VirtCpuDriver *driver;
    GMainLoop *loop;
    GMutex lock;
    GCond changed;
    GString *events; /* "(4,0)(2,0)", under the lock */
    gboolean want_driver;
};

static char *shared_cache; /* probing once is enough for all tests */

static const guint8 uuid[VIRTCPU_UUID_BYTES] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                                 9, 10, 11, 12, 13, 14, 15, 16 };

static char *
typed_xml(const char *type, const char *name, const char *last_digits, const char *cpu)
{
    return g_strdup_printf("<domain type='%s'><name>%s</name>"
                           "<uuid>01020304-0506-0708-090a-0b0c0d0e0f%s</uuid>"
                           "<memory unit='MiB'>32</memory><vcpu>2</vcpu>"
                           "<os><type arch='x86_64' machine='pc'>hvm</type></os>%s"
                           "<devices><serial type='pty'/></devices></domain>",
                           type, name, last_digits, cpu);
}

static char *
domain_xml(const char *name, const char *last_digits, const char *cpu)
{
    return typed_xml("qemu", name, last_digits, cpu);
}

static void
on_note(const VirtCpuNote *note, gpointer user_data)
{
    Fixture *fixture = user_data;

    g_mutex_lock(&fixture->lock);
    if (note->kind == VIRTCPU_NOTE_LIFECYCLE)
        g_string_append_printf(fixture->events, "(%d,%d)", note->event, note->detail);
    else if (note->kind == VIRTCPU_NOTE_REBOOT)
        g_string_append(fixture->events, "reboot");
    else if (note->kind == VIRTCPU_NOTE_CONTROL_ERROR)
        g_string_append(fixture->events, "control-error");
    g_cond_broadcast(&fixture->changed);
    g_mutex_unlock(&fixture->lock);
}

/* Wait for exactly these events since the last call. */
static void
assert_events(Fixture *fixture, const char *expected)
{
    gint64 deadline = g_get_monotonic_time() + WAIT_SECONDS * G_TIME_SPAN_SECOND;

    g_mutex_lock(&fixture->lock);
    while (fixture->events->len < strlen(expected) &&
           g_cond_wait_until(&fixture->changed, &fixture->lock, deadline))
        ;
    g_assert_cmpstr(fixture->events->str, ==, expected);
    g_string_truncate(fixture->events, 0);
    g_mutex_unlock(&fixture->lock);
}

/* Wait for the event @last; what was there until then, without REBOOTs after the first, which the
 * guest's firmware makes as it likes. (transfer full) */
static char *
events_until(Fixture *fixture, const char *last)
{
    gint64 deadline = g_get_monotonic_time() + WAIT_SECONDS * G_TIME_SPAN_SECOND;
    g_autoptr(GString) seen = NULL;

    g_mutex_lock(&fixture->lock);
    while (!g_str_has_suffix(fixture->events->str, last) &&
           g_cond_wait_until(&fixture->changed, &fixture->lock, deadline))
        ;
    seen = g_string_new(fixture->events->str);
    g_string_truncate(fixture->events, 0);
    g_mutex_unlock(&fixture->lock);
    while (g_string_replace(seen, "rebootreboot", "reboot", 0) > 0)
        ;
    g_string_replace(seen, "reboot(4,0)reboot", "reboot(4,0)", 0);
    return g_string_free(g_steal_pointer(&seen), FALSE);
}

static void
open_driver(Fixture *fixture)
{
    VirtCpuDriverConfig config = {
        .config_dir = fixture->config_dir,
        .state_dir = fixture->state_dir,
        .lib_dir = fixture->lib_dir,
        .cache_dir = shared_cache,
        .log_dir = fixture->log_dir,
    };
    g_autoptr(GError) error = NULL;

    fixture->driver = virtcpu_driver_new(fixture->host, &config, on_note, fixture, &error);
    g_assert_no_error(error);
    g_assert_nonnull(fixture->driver);
}

static gboolean
reopen_driver(gpointer data)
{
    Fixture *fixture = data;

    virtcpu_driver_free(fixture->driver);
    open_driver(fixture);
    g_mutex_lock(&fixture->lock);
    fixture->want_driver = FALSE;
    g_cond_broadcast(&fixture->changed);
    g_mutex_unlock(&fixture->lock);
    return G_SOURCE_REMOVE;
}

/* As if the daemon were killed and started again. */
static void
restart_driver(Fixture *fixture)
{
    g_mutex_lock(&fixture->lock);
    fixture->want_driver = TRUE;
    g_main_context_invoke(NULL, reopen_driver, fixture);
    while (fixture->want_driver)
        g_cond_wait(&fixture->changed, &fixture->lock);
    g_mutex_unlock(&fixture->lock);
}

static gpointer
run_body(gpointer data)
{
    Fixture *fixture = data;

    fixture->func(fixture);
    g_main_loop_quit(fixture->loop);
    return NULL;
}

static void
run_test(gconstpointer data)
{
    Fixture fixture = { .func = *(const TestFunc *)data };
    g_autoptr(GError) error = NULL;
    GThread *thread;

    if (!g_file_test("/usr/bin/qemu-system-x86_64", G_FILE_TEST_IS_EXECUTABLE)) {
        g_test_skip("no /usr/bin/qemu-system-x86_64 is installed");
        return;
    }
    fixture.root = g_dir_make_tmp("virtcpu-driver-XXXXXX", NULL);
    fixture.config_dir = g_build_filename(fixture.root, "etc", NULL);
    fixture.state_dir = g_build_filename(fixture.root, "run", NULL);
    fixture.lib_dir = g_build_filename(fixture.root, "lib", NULL);
    fixture.log_dir = g_build_filename(fixture.root, "log", NULL);
    fixture.events = g_string_new(NULL);
    fixture.host = virtcpu_host_read(NULL, &error);
    g_assert_no_error(error);
    fixture.loop = g_main_loop_new(NULL, FALSE);
    open_driver(&fixture);

    thread = g_thread_new("body", run_body, &fixture);
    g_main_loop_run(fixture.loop);
    g_thread_join(thread);

    virtcpu_driver_free(fixture.driver);
    g_main_loop_unref(fixture.loop);
    virtcpu_host_unref(fixture.host);
    g_string_free(fixture.events, TRUE);
    test_folder_remove(fixture.root);
    g_free(fixture.root);
    g_free(fixture.config_dir);
    g_free(fixture.state_dir);
    g_free(fixture.lib_dir);
    g_free(fixture.log_dir);
}

static void
define(Fixture *fixture, const char *cpu)
{
    g_autofree char *xml = domain_xml("d", "10", cpu);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_define(fixture->driver, xml, FALSE, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(ref->name, ==, "d");
    g_assert_cmpmem(ref->uuid, sizeof(ref->uuid), uuid, sizeof(uuid));
}

static void
start(Fixture *fixture, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_start(fixture->driver, uuid, flags, 0, &error);

    g_assert_no_error(error);
    g_assert_cmpint(ref->id, >, 0);
}

static void
destroy(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_driver_destroy(fixture->driver, uuid, FALSE, &error));
    g_assert_no_error(error);
}

static void
assert_start_fails(Fixture *fixture, VirtCpuErrorCode code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_start(fixture->driver, uuid, 0, 0, &error);
    VirtCpuDomainInfo info;

    g_assert_null(ref);
    g_assert_error(error, VIRTCPU_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
    g_assert_true(virtcpu_driver_info(fixture->driver, uuid, &info, NULL));
    g_assert_cmpint(info.state, ==, VIRTCPU_DOMAIN_SHUTOFF);
    g_assert_false(info.active);
    virtcpu_domain_info_clear(&info);
}

static char *
get_xml(Fixture *fixture, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    char *xml = virtcpu_driver_xml(fixture->driver, uuid, flags, &error);

    g_assert_no_error(error);
    return xml;
}

static VirtCpuDomainInfo
get_info(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;

    g_assert_true(virtcpu_driver_info(fixture->driver, uuid, &info, &error));
    g_assert_no_error(error);
    return info;
}

static void
assert_state(Fixture *fixture, VirtCpuDomainState state, int reason)
{
    VirtCpuDomainInfo info = get_info(fixture);

    g_assert_cmpint(info.state, ==, state);
    g_assert_cmpint(info.reason, ==, reason);
    virtcpu_domain_info_clear(&info);
}

static void
assert_define_fails(Fixture *fixture, const char *name, const char *digits, const char *cpu,
                    VirtCpuErrorCode code, const char *words)
{
    g_autofree char *xml = domain_xml(name, digits, cpu);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_define(fixture->driver, xml, FALSE, &error);

    g_assert_null(ref);
    g_assert_error(error, VIRTCPU_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_define(Fixture *fixture)
{
    g_autofree char *first = NULL, *second = NULL;
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) error = NULL;

    define(fixture, "");
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
    first = get_xml(fixture, 0);
    g_assert_nonnull(strstr(first, "machine='pc-i440fx-"));
    g_assert_nonnull(strstr(first, "<cpu mode='custom' match='exact' check='none'>"));
    g_assert_nonnull(strstr(first, ">qemu64-v1</model>"));
    g_assert_true(virtcpu_driver_set_autostart(fixture->driver, uuid, TRUE, &error));

    restart_driver(fixture);
    second = get_xml(fixture, 0);
    g_assert_cmpstr(first, ==, second);
    define(fixture, "<cpu mode='maximum'/>");
    g_assert_true(virtcpu_driver_undefine(fixture->driver, uuid, 0, &error));
    g_assert_no_error(error);
    assert_events(fixture, "(0,0)(0,1)(1,0)");

    restart_driver(fixture);
    g_assert_null(virtcpu_driver_lookup_uuid(fixture->driver, uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

static void
test_life(Fixture *fixture)
{
    g_autofree char *live = NULL, *inactive = NULL;
    g_autoptr(GError) error = NULL;
    gint64 before;

    define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    start(fixture, VIRTCPU_START_PAUSED);
    assert_events(fixture, "(0,0)(2,0)(3,0)");
    assert_state(fixture, VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_USER);
    live = get_xml(fixture, 0);
    g_assert_nonnull(strstr(live, "check='full'"));
    g_assert_nonnull(strstr(live, "<feature policy='require' name='hypervisor'/>"));
    g_assert_nonnull(strstr(live, "/dev/pts/"));
    inactive = get_xml(fixture, 2);
    g_assert_null(strstr(inactive, "<feature"));
    g_assert_null(strstr(inactive, "/dev/pts/"));

    g_assert_true(virtcpu_driver_resume(fixture->driver, uuid, &error));
    assert_events(fixture, "(4,0)");
    assert_state(fixture, VIRTCPU_DOMAIN_RUNNING, VIRTCPU_RUNNING_UNPAUSED);
    g_assert_false(virtcpu_driver_resume(fixture->driver, uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);
    g_assert_true(virtcpu_driver_suspend(fixture->driver, uuid, &error));
    assert_events(fixture, "(3,0)");
    assert_state(fixture, VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_USER);
    g_assert_true(virtcpu_driver_reset(fixture->driver, uuid, &error));
    assert_events(fixture, "reboot");
    g_assert_no_error(error);

    before = g_get_monotonic_time();
    destroy(fixture);
    g_test_message("destroyed in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - before);
    assert_events(fixture, "(6,2)(5,1)");
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_DESTROYED);
    g_assert_false(virtcpu_driver_destroy(fixture->driver, uuid, FALSE, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);

    before = g_get_monotonic_time();
    start(fixture, 0);
    g_test_message("started in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - before);
    assert_events(fixture, "(4,0)(2,0)");
    assert_state(fixture, VIRTCPU_DOMAIN_RUNNING, VIRTCPU_RUNNING_BOOTED);
    destroy(fixture);
    assert_events(fixture, "(6,2)(5,1)");
}

static void
test_refused(Fixture *fixture)
{
    define(fixture, "<cpu check='full'><model>Westmere</model>"
                    "<feature name='avx512f' policy='require'/></cpu>");
    assert_start_fails(fixture, VIRTCPU_ERR_OPERATION_FAILED,
                       "guest CPU doesn't match specification: missing features: avx512f");
    define(fixture, "<cpu check='partial'><model>Westmere</model>"
                    "<feature name='avx512f' policy='require'/></cpu>");
    assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "avx512f");
    define(fixture, "<cpu check='partial'><model>Westmere</model>"
                    "<feature name='sse4.2' policy='forbid'/></cpu>");
    assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "sse4.2");
    define(fixture, "<cpu check='partial'><model>Skylake-Server</model></cpu>");
    assert_start_fails(fixture, VIRTCPU_ERR_CPU_INCOMPATIBLE, "avx512f");
    define(fixture, "<cpu check='none'><model>Skylake-Server</model></cpu>");
    assert_events(fixture, "(0,0)(0,1)(0,1)(0,1)(0,1)");
    start(fixture, VIRTCPU_START_PAUSED);
    destroy(fixture);
}

static void
test_reconnect(Fixture *fixture)
{
    g_autofree char *before = NULL, *after = NULL, *reply = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;
    int pid;

    define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    start(fixture, 0);
    before = get_xml(fixture, 0);
    info = get_info(fixture);
    pid = info.pid;
    virtcpu_domain_info_clear(&info);

    restart_driver(fixture);
    info = get_info(fixture);
    g_assert_cmpint(info.pid, ==, pid);
    g_assert_cmpint(info.state, ==, VIRTCPU_DOMAIN_RUNNING);
    virtcpu_domain_info_clear(&info);
    after = get_xml(fixture, 0);
    g_assert_cmpstr(before, ==, after);
    reply = virtcpu_driver_monitor_command(fixture->driver, uuid, "{\"execute\":\"query-status\"}",
                                           FALSE, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(reply, "running"));
    g_assert_true(virtcpu_driver_is_busy(fixture->driver));

    destroy(fixture);
    assert_events(fixture, "(0,0)(4,0)(2,0)(6,2)(5,1)");
}

/* QEMU dies while nobody looks, then while somebody does. */
static void
test_death(Fixture *fixture)
{
    VirtCpuDomainInfo info;

    define(fixture, "");
    start(fixture, 0);
    info = get_info(fixture);
    assert_events(fixture, "(0,0)(4,0)(2,0)");
    g_test_expect_message("virtcpu", G_LOG_LEVEL_MESSAGE, "*killed by signal 9*");
    kill(info.pid, SIGKILL);
    virtcpu_domain_info_clear(&info);
    assert_events(fixture, "(5,5)");
    g_test_assert_expected_messages();
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_CRASHED);
}

/* SIGTERM from outside: QEMU says goodbye. */
static void
test_goodbye(Fixture *fixture)
{
    VirtCpuDomainInfo info;

    define(fixture, "");
    start(fixture, 0);
    info = get_info(fixture);
    assert_events(fixture, "(0,0)(4,0)(2,0)");
    kill(info.pid, SIGTERM);
    virtcpu_domain_info_clear(&info);
    assert_events(fixture, "(6,2)(5,0)");
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_SHUTDOWN);
}

static void
test_transient(Fixture *fixture)
{
    g_autofree char *xml = domain_xml("d", "10", "");
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
    g_assert_false(virtcpu_driver_undefine(fixture->driver, uuid, 0, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);

    virtcpu_driver_owner_gone(fixture->driver, 8);
    virtcpu_driver_owner_gone(fixture->driver, 7);
    assert_events(fixture, "(4,0)(2,0)(5,1)");
    while (virtcpu_driver_is_busy(fixture->driver))
        g_thread_yield();
    g_assert_null(virtcpu_driver_lookup_name(fixture->driver, "d", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

/* A boot sector that powers a PC off: 0x2000 to the PM1 control port of QEMU's i440fx (PMBASE
 * 0x600, where SeaBIOS puts it). */
static const guint8 power_off[] = { 0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4, 0xeb, 0xfd };

static char *
bootable_xml(Fixture *fixture, const char *actions)
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
create_paused(Fixture *fixture, const char *actions)
{
    g_autofree char *xml = bootable_xml(fixture, actions);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_create(fixture->driver, xml, VIRTCPU_START_PAUSED, FALSE, 0, &error);

    g_assert_no_error(error);
    g_assert_nonnull(ref);
    assert_events(fixture, "(2,0)(3,0)");
}

static void
resume(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_driver_resume(fixture->driver, uuid, &error));
    g_assert_no_error(error);
}

/* The guest powers itself off; after virsh reboot the first time only resets it, and that is still
 * so when the daemon was restarted in between. */
static void
test_power_off(Fixture *fixture)
{
    g_autofree char *seen = NULL;
    g_autoptr(GError) error = NULL;

    create_paused(fixture, "");
    resume(fixture);
    assert_events(fixture, "(4,0)(6,1)(5,0)");

    create_paused(fixture, "");
    g_assert_true(virtcpu_driver_reboot(fixture->driver, uuid, 0, &error));
    g_assert_no_error(error);
    restart_driver(fixture);
    resume(fixture);
    seen = events_until(fixture, "(5,0)");
    g_assert_cmpstr(seen, ==, "(4,0)(6,1)reboot(4,0)(6,1)(5,0)");
}

static void
test_redefine(Fixture *fixture)
{
    g_autofree char *live = NULL, *config = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;

    define(fixture, "<cpu check='full'><model>Westmere</model></cpu>");
    start(fixture, VIRTCPU_START_PAUSED);
    define(fixture, "<cpu check='none'><model>Nehalem</model></cpu>");
    live = get_xml(fixture, 0);
    config = get_xml(fixture, 2);
    g_assert_nonnull(strstr(live, ">Westmere-v1</model>"));
    g_assert_nonnull(strstr(config, ">Nehalem-v1</model>"));
    info = get_info(fixture);
    g_assert_true(info.updated);
    virtcpu_domain_info_clear(&info);

    g_assert_true(virtcpu_driver_undefine(fixture->driver, uuid, 0, &error));
    info = get_info(fixture);
    g_assert_false(info.persistent);
    g_assert_true(info.active);
    virtcpu_domain_info_clear(&info);
    g_clear_pointer(&config, g_free);
    config = get_xml(fixture, 2);
    g_assert_nonnull(strstr(config, ">Westmere-v1</model>"));
    g_assert_null(strstr(config, "<feature"));
    destroy(fixture);
    g_assert_null(virtcpu_driver_lookup_uuid(fixture->driver, uuid, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN);
}

/* Started once a boot of the host, not once a daemon. */
static void
test_autostart(Fixture *fixture)
{
    g_autofree char *done = g_build_filename(fixture->state_dir, "qemu", "autostarted", NULL);
    g_autoptr(GError) error = NULL;

    define(fixture, "");
    g_assert_true(virtcpu_driver_set_autostart(fixture->driver, uuid, TRUE, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_unlink(done), ==, 0);
    restart_driver(fixture);
    assert_events(fixture, "(0,0)(4,0)(2,0)");
    destroy(fixture);
    assert_events(fixture, "(6,2)(5,1)");
    restart_driver(fixture);
    g_assert_false(virtcpu_driver_is_busy(fixture->driver));
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_UNKNOWN);
}

#define CROWD 5

/* What one of many clients does: anything may be refused, nothing may break. */
static gpointer
run_client(gpointer data)
{
    Fixture *fixture = data;

    for (int round = 0; round < 4; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) all = virtcpu_driver_list(fixture->driver, 0);
        g_autoptr(VirtCpuDomainRef) ref = NULL;
        g_autofree char *xml = get_xml(fixture, 0);

        g_assert_cmpint(all->len, ==, 1);
        ref = virtcpu_driver_start(fixture->driver, uuid, VIRTCPU_START_PAUSED, 0, &error);
        if (!ref)
            g_assert_nonnull(error);
        g_clear_error(&error);
        if (!virtcpu_driver_resume(fixture->driver, uuid, &error))
            g_assert_nonnull(error);
        g_clear_error(&error);
        if (!virtcpu_driver_destroy(fixture->driver, uuid, FALSE, &error))
            g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    }
    return NULL;
}

static void
test_crowd(Fixture *fixture)
{
    GThread *threads[CROWD];

    define(fixture, "");
    for (gsize i = 0; i < CROWD; i++)
        threads[i] = g_thread_new("client", run_client, fixture);
    for (gsize i = 0; i < CROWD; i++)
        g_thread_join(threads[i]);
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_DESTROYED);
}

/* A stopped QEMU answers nobody; who waits for it is let go by destroy. */
static gpointer
run_suspend(gpointer data)
{
    Fixture *fixture = data;
    g_autoptr(GError) error = NULL;

    g_assert_false(virtcpu_driver_suspend(fixture->driver, uuid, &error));
    g_assert_nonnull(error); /* the monitor's end, or no longer running when it came late */
    return NULL;
}

static void
test_hung(Fixture *fixture)
{
    gint64 before = g_get_monotonic_time();
    VirtCpuDomainInfo info;
    GThread *waiter;

    define(fixture, "");
    start(fixture, 0);
    info = get_info(fixture);
    g_assert_cmpint(kill(info.pid, SIGSTOP), ==, 0);
    virtcpu_domain_info_clear(&info);
    waiter = g_thread_new("suspend", run_suspend, fixture);
    g_usleep(50000); /* too early, and destroy is merely the ordinary one */
    destroy(fixture);
    g_thread_join(waiter);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 10 * G_TIME_SPAN_SECOND);
    assert_events(fixture, "(0,0)(4,0)(2,0)(6,2)(5,1)");
}

/* What KVM gives is promised in full and kept; where it is usable. */
static void
test_kvm(Fixture *fixture)
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
        g_autofree char *xml = typed_xml("kvm", "d", "10", cpus[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDomainRef) ref =
            virtcpu_driver_create(fixture->driver, xml, VIRTCPU_START_PAUSED, FALSE, 0, &error);

        g_assert_no_error(error);
        g_assert_nonnull(ref);
        destroy(fixture);
    }
}

static void
test_native(Fixture *fixture)
{
    g_autofree char *xml = domain_xml("d", "10", "<cpu check='full'><model>Westmere</model></cpu>");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = virtcpu_driver_native_argv(fixture->driver, xml, &error);

    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, "LC_ALL=C"));
    g_assert_nonnull(strstr(text, "-cpu 'base,vendor="));
    g_assert_nonnull(strstr(text, "-uuid 01020304-0506-0708-090a-0b0c0d0e0f10"));
    g_assert_null(virtcpu_driver_lookup_name(fixture->driver, "d", NULL));
}

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, "qemu", name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Files that are torn or lie are logged and left; everything else is served. */
static void
test_torn_files(Fixture *fixture)
{
    g_autofree char *kept = g_build_filename(fixture->config_dir, "qemu", "torn.xml", NULL);
    g_autoptr(GPtrArray) all = NULL;
    VirtCpuDomainInfo info;

    define(fixture, "");
    write_file(fixture->config_dir, "torn.xml", "<domain type='qemu'><name>torn</na");
    write_file(fixture->config_dir, "liar.xml", "<domain type='qemu'><name>d</name></domain>");
    write_file(fixture->config_dir, "empty.xml", "");
    write_file(fixture->state_dir, "torn.json", "{\"format\": 1, \"name\": \"to");
    write_file(fixture->state_dir, "liar.json",
               "{\"format\":1,\"name\":\"d\",\"uuid\":\"x\",\"monitor\":\"/dev/null\"}");
    restart_driver(fixture);
    all = virtcpu_driver_list(fixture->driver, 0);
    g_assert_cmpint(all->len, ==, 1);
    g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
    start(fixture, VIRTCPU_START_PAUSED);
    info = get_info(fixture);

    /* a torn status must not lead to a second QEMU on the same disks */
    write_file(fixture->state_dir, "d.json", "{\"format\": 1, \"na");
    restart_driver(fixture);
    assert_start_fails(fixture, VIRTCPU_ERR_OPERATION_INVALID, "still runs");
    assert_start_fails(fixture, VIRTCPU_ERR_OPERATION_INVALID, "still runs");
    g_assert_cmpint(kill(info.pid, SIGKILL), ==, 0);
    virtcpu_domain_info_clear(&info);
}

/* A start the earlier daemon never acknowledged: its QEMU must not linger. */
static void
test_unacknowledged(Fixture *fixture)
{
    g_autofree char *status = g_build_filename(fixture->state_dir, "qemu", "d.json", NULL);
    g_autofree char *monitor = g_build_filename(fixture->state_dir, "qemu", "d.monitor", NULL);
    g_autofree char *text = NULL, *path = NULL;
    VirtCpuDomainInfo info;
    gint64 deadline = g_get_monotonic_time() + WAIT_SECONDS * G_TIME_SPAN_SECOND;

    define(fixture, "");
    start(fixture, VIRTCPU_START_PAUSED);
    info = get_info(fixture);
    path = g_strdup_printf("/proc/%d/exe", info.pid);
    virtcpu_domain_info_clear(&info);
    text = g_strdup_printf("{\"format\":1,\"name\":\"d\","
                           "\"uuid\":\"01020304-0506-0708-090a-0b0c0d0e0f10\","
                           "\"monitor\":\"%s\",\"starting\":true}",
                           monitor);
    g_assert_true(g_file_set_contents(status, text, -1, NULL));
    restart_driver(fixture);
    assert_state(fixture, VIRTCPU_DOMAIN_SHUTOFF, VIRTCPU_SHUTOFF_UNKNOWN);
    g_assert_false(g_file_test(status, G_FILE_TEST_EXISTS));
    /* our child becomes a zombie, whose program is gone */
    while (g_access(path, F_OK) == 0 && g_get_monotonic_time() < deadline)
        g_usleep(1000);
    g_assert_cmpint(g_access(path, F_OK), !=, 0);
}

static const struct {
    const char *name;
    TestFunc func;
} tests[] = {
    { "/driver/define", test_define },
    { "/driver/life", test_life },
    { "/driver/refused", test_refused },
    { "/driver/reconnect", test_reconnect },
    { "/driver/death", test_death },
    { "/driver/goodbye", test_goodbye },
    { "/driver/transient", test_transient },
    { "/driver/autostart", test_autostart },
    { "/driver/crowd", test_crowd },
    { "/driver/hung", test_hung },
    { "/driver/kvm", test_kvm },
    { "/driver/native", test_native },
    { "/driver/power-off", test_power_off },
    { "/driver/redefine", test_redefine },
    { "/driver/torn-files", test_torn_files },
    { "/driver/unacknowledged", test_unacknowledged },
};

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    shared_cache = g_dir_make_tmp("virtcpu-cache-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, &tests[i].func, run_test);
    result = g_test_run();
    test_folder_remove(shared_cache);
    g_free(shared_cache);
    return result;
}
