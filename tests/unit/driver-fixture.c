/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/driver-fixture.h"

#include "tests/unit/folder.h"
#include "tests/unit/patience.h"

#include <string.h>

const guint8 test_driver_uuid[VIRTCPU_UUID_BYTES] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                                      9, 10, 11, 12, 13, 14, 15, 16 };

char *
test_driver_typed_xml(const char *type, const char *name, const char *last_digits, const char *cpu)
{
    return g_strdup_printf("<domain type='%s'><name>%s</name>"
                           "<uuid>01020304-0506-0708-090a-0b0c0d0e0f%s</uuid>"
                           "<memory unit='MiB'>32</memory><vcpu>2</vcpu>"
                           "<os><type arch='x86_64' machine='pc'>hvm</type></os>%s"
                           "<devices><serial type='pty'/></devices></domain>",
                           type, name, last_digits, cpu);
}

char *
test_driver_domain_xml(const char *name, const char *last_digits, const char *cpu)
{
    return test_driver_typed_xml("qemu", name, last_digits, cpu);
}

static void
on_note(const VirtCpuNote *note, gpointer user_data)
{
    TestDriver *fixture = user_data;

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

void
test_driver_assert_events(TestDriver *fixture, const char *expected)
{
    gint64 deadline = g_get_monotonic_time() + TEST_PATIENCE_US;

    g_mutex_lock(&fixture->lock);
    while (fixture->events->len < strlen(expected) &&
           g_cond_wait_until(&fixture->changed, &fixture->lock, deadline))
        ;
    g_assert_cmpstr(fixture->events->str, ==, expected);
    g_string_truncate(fixture->events, 0);
    g_mutex_unlock(&fixture->lock);
}

char *
test_driver_events_until(TestDriver *fixture, const char *last)
{
    gint64 deadline = g_get_monotonic_time() + TEST_PATIENCE_US;
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
open_driver(TestDriver *fixture)
{
    VirtCpuDriverConfig config = {
        .config_dir = fixture->config_dir,
        .state_dir = fixture->state_dir,
        .lib_dir = fixture->lib_dir,
        .cache_dir = fixture->cache_dir,
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
    TestDriver *fixture = data;

    virtcpu_driver_free(fixture->driver);
    open_driver(fixture);
    g_mutex_lock(&fixture->lock);
    fixture->want_driver = FALSE;
    g_cond_broadcast(&fixture->changed);
    g_mutex_unlock(&fixture->lock);
    return G_SOURCE_REMOVE;
}

void
test_driver_restart(TestDriver *fixture)
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
    TestDriver *fixture = data;

    fixture->func(fixture);
    g_main_loop_quit(fixture->loop);
    return NULL;
}

/* A test, and what it shares with the others. */
typedef struct {
    TestDriverFunc func;
    const char *cache_dir;
} Bound;

static void
run_test(gconstpointer data)
{
    const Bound *bound = data;
    TestDriver fixture = { .func = bound->func, .cache_dir = bound->cache_dir };
    g_autoptr(GError) error = NULL;
    GThread *thread;

    if (!g_file_test("/usr/bin/qemu-system-x86_64", G_FILE_TEST_IS_EXECUTABLE)) {
        g_test_skip("no /usr/bin/qemu-system-x86_64 is installed");
        return;
    }
    fixture.root = test_folder_new();
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

void
test_driver_define(TestDriver *fixture, const char *cpu)
{
    g_autofree char *xml = test_driver_domain_xml("d", "10", cpu);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_driver_define(fixture->driver, xml, FALSE, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(ref->name, ==, "d");
    g_assert_cmpmem(ref->uuid, sizeof(ref->uuid), test_driver_uuid, VIRTCPU_UUID_BYTES);
}

void
test_driver_start(TestDriver *fixture, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_start(fixture->driver, test_driver_uuid, flags, 0, &error);

    g_assert_no_error(error);
    g_assert_cmpint(ref->id, >, 0);
}

void
test_driver_destroy(TestDriver *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_driver_destroy(fixture->driver, test_driver_uuid, FALSE, &error));
    g_assert_no_error(error);
}

void
test_driver_assert_start_fails(TestDriver *fixture, VirtCpuErrorCode code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_start(fixture->driver, test_driver_uuid, 0, 0, &error);
    VirtCpuDomainInfo info;

    g_assert_null(ref);
    g_assert_error(error, VIRTCPU_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
    g_assert_true(virtcpu_driver_info(fixture->driver, test_driver_uuid, &info, NULL));
    g_assert_cmpint(info.state, ==, VIRTCPU_DOMAIN_SHUTOFF);
    g_assert_false(info.active);
    virtcpu_domain_info_clear(&info);
}

char *
test_driver_xml(TestDriver *fixture, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *peeked = virtcpu_driver_xml_peek(fixture->driver, test_driver_uuid, flags);
    char *xml = virtcpu_driver_xml(fixture->driver, test_driver_uuid, flags, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(peeked, ==, xml);
    /* what the CPU would become may have to be asked for */
    g_assert_null(virtcpu_driver_xml_peek(fixture->driver, test_driver_uuid, flags | 4));
    return xml;
}

VirtCpuDomainInfo
test_driver_info(TestDriver *fixture)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDomainInfo info;

    g_assert_true(virtcpu_driver_info(fixture->driver, test_driver_uuid, &info, &error));
    g_assert_no_error(error);
    return info;
}

void
test_driver_assert_state(TestDriver *fixture, VirtCpuDomainState state, int reason)
{
    VirtCpuDomainInfo info = test_driver_info(fixture);

    g_assert_cmpint(info.state, ==, state);
    g_assert_cmpint(info.reason, ==, reason);
    virtcpu_domain_info_clear(&info);
}

int
test_driver_main(int argc, char **argv, const TestDriverRow *rows, gsize count)
{
    g_autofree Bound *bounds = g_new(Bound, count);
    g_autofree char *cache_dir = NULL;
    int result;

    g_test_init(&argc, &argv, NULL);
    cache_dir = test_folder_new();
    for (gsize i = 0; i < count; i++) {
        bounds[i] = (Bound){ rows[i].func, cache_dir };
        g_test_add_data_func(rows[i].name, &bounds[i], run_test);
    }
    result = g_test_run();
    test_folder_remove(cache_dir);
    return result;
}
