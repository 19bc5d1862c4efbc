/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP client against a scripted peer on a socket pair. */
#include "conf/error.h"
#include "drivers/qemu/qmp.h"
#include "tests/unit/patience.h"
#include "tests/unit/qmp-peer.h"

#include <string.h>

#define THEIRS "{\"return\": 1, \"id\": \"1\"}\n"

typedef struct {
    TestQmpPeer peer;
    VirtCpuQmp *qmp;
    GString *events; /* names and data, as reported */
    char *closed;    /* the reason reported */
    GMainLoop *loop;
} Fixture;

static void
on_event(VirtCpuQmp *qmp, const char *name, const VirtCpuJson *data, gint64 seconds,
         unsigned micros, gpointer user_data)
{
    Fixture *fixture = user_data;
    g_autofree char *text = virtcpu_json_format(data, FALSE);

    g_string_append_printf(fixture->events, "%s %s %" G_GINT64_FORMAT ".%06u\n", name, text,
                           seconds, micros);
}

static void
on_closed(VirtCpuQmp *qmp, const GError *reason, gpointer user_data)
{
    Fixture *fixture = user_data;

    g_assert_null(fixture->closed);
    fixture->closed = g_strdup(reason->message);
    if (fixture->loop != NULL) {
        g_main_loop_quit(fixture->loop);
    }
}

static void
set_up(Fixture *fixture, const TestQmpScript *script, GMainContext *context)
{
    *fixture = (Fixture){ .events = g_string_new(NULL) };
    fixture->qmp = virtcpu_qmp_new(test_qmp_peer_start(&fixture->peer, script), context, on_event,
                                   on_closed, fixture);
}

static void
tear_down(Fixture *fixture)
{
    virtcpu_qmp_close(fixture->qmp);
    virtcpu_qmp_unref(fixture->qmp);
    test_qmp_peer_end(&fixture->peer);
    g_string_free(fixture->events, TRUE);
    g_free(fixture->closed);
}

/* ---- a peer that misbehaves ---- */

typedef struct {
    const char *label;
    TestQmpScript script;
    unsigned timeout_ms;
    VirtCpuErrorCode code;
    const char *words;
} BadRow;

static const BadRow bad_rows[] = {
    { "gone", { { NULL } }, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR, "End of file" },
    { "garbage",
      { { "Welcome to \x01 QEMU\n" } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "no QMP" },
    { "not-object", { { "[]\n" } }, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR, "no greeting" },
    { "no-greeting",
      { { TEST_QMP_HELLO } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "did not greet" },
    { "greets-twice",
      { { TEST_QMP_GREETING TEST_QMP_GREETING } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "twice" },
    { "cut-line",
      { { TEST_QMP_GREETING, "{\"ret" }, { 0, 1 } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "End of" },
    { "other-id",
      { { TEST_QMP_GREETING, "{\"return\": {}, \"id\": \"2\"}\n" }, { 0, 1 } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "not asked" },
    { "no-id",
      { { TEST_QMP_GREETING, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"what?\"}}\n" },
        { 0, 1 } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "what?" },
    { "bad-event",
      { { TEST_QMP_GREETING "{\"event\": 7}\n" } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "no QMP" },
    { "refuses",
      { { TEST_QMP_GREETING,
          "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}, \"id\": "
          "\"1\"}\n" },
        { 0, 1 } },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "unable to execute QEMU command 'qmp_capabilities': no" },
    { "silent", { { NULL }, .stays = TRUE }, 50, VIRTCPU_ERR_OPERATION_TIMEOUT, "within 50 ms" },
    { "never-answers",
      { { TEST_QMP_GREETING }, .stays = TRUE },
      50,
      VIRTCPU_ERR_OPERATION_TIMEOUT,
      "'qmp_capabilities'" },
    { "flood",
      { { TEST_QMP_GREETING }, .stays = TRUE, .flood = (gsize)VIRTCPU_QMP_MAX_BYTES + 1024 * 1024 },
      TEST_PATIENCE_MS,
      VIRTCPU_ERR_INTERNAL_ERROR,
      "a line of more" },
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) again = NULL;
    Fixture fixture;

    set_up(&fixture, &row->script, NULL);
    g_assert_false(virtcpu_qmp_handshake(fixture.qmp, row->timeout_ms, &error));
    g_assert_error(error, VIRTCPU_ERROR, (int)row->code);
    g_assert_nonnull(strstr(error->message, row->words));
    /* a second call never hangs either */
    g_assert_false(virtcpu_qmp_handshake(fixture.qmp, 50, &again));
    tear_down(&fixture);
}

/* ---- a peer that behaves ---- */

static void
test_pipeline(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING, TEST_QMP_HELLO,
                   "{\"return\": [3], \"id\": \"4\"}\n"
                   "{\"event\": \"RESUME\", \"data\": {\"n\": 1}, \"timestamp\": {\"seconds\": 5, "
                   "\"microseconds\": 7}}\n"
                   "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"none\"}, \"id\": "
                   "\"3\"}\n"
                   "{\"event\": \"STOP\", \"timestamp\": {\"seconds\": -1, \"microseconds\": -1}}\n"
                   "{\"return\": {\"a\": \"b\"}, \"id\": \"2\"}\n" },
        .lines = { 0, 1, 3 },
        .stays = TRUE,
    };
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    VirtCpuQmpCall calls[] = {
        { .command = "first", .arguments = arguments },
        { .command = "second" },
        { .command = "third" },
    };
    g_autoptr(GError) error = NULL;
    Fixture fixture;

    virtcpu_json_set_int(arguments, "x", 1);
    set_up(&fixture, &script, NULL);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_assert_true(virtcpu_qmp_execute_many(fixture.qmp, calls, 3, TEST_PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(virtcpu_json_get_string(calls[0].reply, "a"), ==, "b");
    g_assert_cmpint(calls[1].error_class, ==, VIRTCPU_QMP_CLASS_DEVICE_NOT_FOUND);
    g_assert_null(calls[1].reply);
    g_assert_cmpuint(virtcpu_json_size(calls[2].reply), ==, 1);
    g_assert_cmpstr(fixture.events->str, ==, "RESUME {\"n\":1} 5.000007\nSTOP null -1.000000\n");
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        virtcpu_qmp_call_clear(&calls[i]);
    }
    tear_down(&fixture);
}

/* a late answer to an abandoned command is dropped, the next command works */
static void
test_late_answer(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING TEST_QMP_HELLO, "{\"return\": 1, \"id\": \"2\"}\n",
                   "{\"return\": 2, \"id\": \"3\"}\n" },
        .lines = { 0, 3, 0 },
        .stays = TRUE,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) reply = NULL;
    gint64 value = 0;
    Fixture fixture;

    set_up(&fixture, &script, NULL);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_assert_false(virtcpu_qmp_execute(fixture.qmp, "slow", NULL, 20, NULL, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT);
    g_clear_error(&error);
    g_assert_true(virtcpu_qmp_execute(fixture.qmp, "next", NULL, TEST_PATIENCE_MS, &reply, &error));
    g_assert_true(virtcpu_json_to_int(reply, &value));
    g_assert_cmpint(value, ==, 2);
    tear_down(&fixture);
}

/* what an earlier client asked is answered to this one: no failure, and no answer to its own */
static void
test_successor(void)
{
    static const TestQmpScript scripts[] = {
        { .texts = { TEST_QMP_GREETING THEIRS }, .stays = TRUE },
        { .texts = { THEIRS TEST_QMP_GREETING }, .stays = TRUE }, /* a little late */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;
        Fixture fixture;

        set_up(&fixture, &scripts[i], NULL);
        virtcpu_qmp_succeed(fixture.qmp);
        g_assert_false(virtcpu_qmp_handshake(fixture.qmp, 50, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT);
        tear_down(&fixture);
    }
}

static void
on_silence(VirtCpuQmp *qmp, gboolean silent, gpointer user_data)
{
    Fixture *fixture = user_data;

    g_string_append(fixture->events, silent ? "silent\n" : "speaks\n");
}

/* who does not answer in time is silent until anything is heard */
static void
test_silence(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING TEST_QMP_HELLO, "{\"return\": 1, \"id\": \"2\"}\n"
                                                     "{\"return\": 2, \"id\": \"3\"}\n" },
        .lines = { 0, 3 },
        .stays = TRUE,
    };
    g_autoptr(GError) error = NULL;
    Fixture fixture;

    set_up(&fixture, &script, NULL);
    virtcpu_qmp_watch_silence(fixture.qmp, on_silence);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_assert_cmpstr(fixture.events->str, ==, "");
    g_assert_false(virtcpu_qmp_execute(fixture.qmp, "slow", NULL, 20, NULL, &error));
    g_assert_cmpstr(fixture.events->str, ==, "silent\n");
    g_clear_error(&error);
    g_assert_true(virtcpu_qmp_execute(fixture.qmp, "next", NULL, TEST_PATIENCE_MS, NULL, &error));
    g_assert_cmpstr(fixture.events->str, ==, "silent\nspeaks\n");
    tear_down(&fixture);
}

static void
test_pass(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING TEST_QMP_HELLO, "{\"return\": {\"q\": 1}, \"id\": \"2\"}\n",
                   "{\"error\": {\"class\": \"GenericError\", \"desc\": \"bad\"}, \"id\": "
                   "\"3\"}\n" },
        .lines = { 0, 2, 1 },
        .stays = TRUE,
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autofree char *none = NULL;
    Fixture fixture;

    set_up(&fixture, &script, NULL);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    none = virtcpu_qmp_pass(fixture.qmp, "query-status", TEST_PATIENCE_MS, &error);
    g_assert_null(none);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
    g_clear_error(&error);
    first = virtcpu_qmp_pass(fixture.qmp, "{\"execute\": \"a\", \"id\": [7]}", TEST_PATIENCE_MS,
                             &error);
    g_assert_cmpstr(first, ==, "{\"return\":{\"q\":1},\"id\":[7]}");
    second = virtcpu_qmp_pass(fixture.qmp, "{\"execute\": \"b\"}", TEST_PATIENCE_MS, &error);
    g_assert_cmpstr(second, ==,
                    "{\"error\":{\"class\":\"GenericError\",\"desc\":\"bad\"},\"id\":\"3\"}");
    tear_down(&fixture);
}

static gpointer
run_loop(gpointer loop)
{
    g_main_loop_run(loop);
    return NULL;
}

/* another thread runs the context: it reports the event and the end, we only wait */
static void
test_other_thread(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING, TEST_QMP_HELLO "{\"event\": \"RESET\"}\n" },
        .lines = { 0, 1 },
    };
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
    g_autoptr(GError) error = NULL;
    GThread *thread = g_thread_new("loop", run_loop, loop);
    Fixture fixture;

    while (!g_main_loop_is_running(loop)) {
        g_thread_yield();
    }
    set_up(&fixture, &script, context);
    fixture.loop = loop;
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_thread_join(thread);
    g_assert_cmpstr(fixture.events->str, ==, "RESET null -1.000000\n");
    g_assert_cmpstr(fixture.closed, ==, "End of file from qemu monitor");
    g_assert_false(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    tear_down(&fixture);
}

/* the caller owns the context: its call reads, the context reports afterwards */
static void
test_own_context(void)
{
    static const TestQmpScript script = {
        .texts = { TEST_QMP_GREETING, "{\"event\": \"RESET\"}\n" TEST_QMP_HELLO },
        .lines = { 0, 1 },
        .stays = TRUE,
    };
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GError) error = NULL;
    Fixture fixture;

    set_up(&fixture, &script, context);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_assert_cmpuint(fixture.events->len, ==, 0);
    g_main_context_iteration(context, TRUE);
    g_assert_cmpstr(fixture.events->str, ==, "RESET null -1.000000\n");
    tear_down(&fixture);
}

/* a reply of several MB comes through whole */
static void
test_large_reply(void)
{
    g_autoptr(GString) text = g_string_new("{\"return\": \"");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) reply = NULL;
    TestQmpScript script = { .texts = { TEST_QMP_GREETING TEST_QMP_HELLO, NULL },
                             .lines = { 0, 2 },
                             .stays = TRUE };
    Fixture fixture;

    for (unsigned i = 0; i < 8 * 1024 * 1024; i++) {
        g_string_append_c(text, 'a');
    }
    g_string_append(text, "\", \"id\": \"2\"}\n");
    script.texts[1] = text->str;
    set_up(&fixture, &script, NULL);
    g_assert_true(virtcpu_qmp_handshake(fixture.qmp, TEST_PATIENCE_MS, &error));
    g_assert_true(virtcpu_qmp_execute(fixture.qmp, "big", NULL, TEST_PATIENCE_MS, &reply, &error));
    g_assert_cmpuint(strlen(virtcpu_json_to_string(reply)), ==, 8 * 1024 * 1024);
    tear_down(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/qmp/bad/%s", bad_rows[i].label);

        g_test_add_data_func(path, &bad_rows[i], test_bad);
    }
    g_test_add_func("/qmp/pipeline", test_pipeline);
    g_test_add_func("/qmp/late-answer", test_late_answer);
    g_test_add_func("/qmp/successor", test_successor);
    g_test_add_func("/qmp/silence", test_silence);
    g_test_add_func("/qmp/pass", test_pass);
    g_test_add_func("/qmp/other-thread", test_other_thread);
    g_test_add_func("/qmp/own-context", test_own_context);
    g_test_add_func("/qmp/large-reply", test_large_reply);
    return g_test_run();
}
