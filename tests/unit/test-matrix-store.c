/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of machine types and models: asked once, whoever asks, and of a QEMU that fails not
 * at once again. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"
#include "drivers/qemu/matrix-answer.h"
#include "drivers/qemu/matrix.h"
#include "drivers/qemu/probe.h"
#include "tests/unit/caps.h"
#include "tests/unit/fake-qemu.h"
#include "tests/unit/folder.h"
#include "tests/unit/patience.h"

#include <string.h>

/* ---- with a script posing as QEMU ---- */

#define ANSWERS                                                                                    \
    TEST_FAKE_QEMU_COUNTS                                                                          \
    "exec >&3\n"                                                                                   \
    "echo '{\"QMP\": {\"version\": {}, \"capabilities\": []}}'\n"                                  \
    "read line <&3\n"                                                                              \
    "echo '{\"return\": {}, \"id\": \"1\"}'\n"                                                     \
    "echo '{\"return\": {\"model\": {\"name\": \"old\", \"props\": {\"aes\": true}}}, "            \
    "\"id\": \"2\"}'\n"                                                                            \
    "exec sleep 60\n"
#define HANGS TEST_FAKE_QEMU_COUNTS "exec sleep 60\n"
#define DIES  TEST_FAKE_QEMU_COUNTS "echo broken >&2\nexit 1\n"

typedef struct {
    TestFakeQemu qemu;
    VirtCpuQemuIdentities *identities;
    VirtCpuQemuCaps *caps; /* one model, machine types pc-1 and pc-2 */
} Fake;

static void
set_up_fake(Fake *fake, gconstpointer script)
{
    g_autofree char *text = NULL;

    fake->identities = virtcpu_qemu_identities_new();
    test_fake_qemu_init(&fake->qemu, script);
    text = g_strdup_printf(
        "{\"binary\": \"%s\", \"virt-type\": \"qemu\", \"target\": {\"arch\": \"x86_64\"},"
        " \"version\": {\"qemu\": {\"major\": 9, \"minor\": 8, \"micro\": 7}, \"package\": \"\"},"
        " \"machines\": [{\"name\": \"pc-1\", \"cpu-max\": 4}, {\"name\": \"pc-2\", \"cpu-max\": "
        "4}],"
        " \"models\": [{\"name\": \"old\"}],"
        " \"commands\": [{\"name\": \"query-cpu-model-expansion\"}]}",
        fake->qemu.binary);
    fake->caps = test_caps_parse(text);
}

static void
tear_down_fake(Fake *fake, gconstpointer script)
{
    test_fake_qemu_clear(&fake->qemu);
    virtcpu_qemu_identities_free(fake->identities);
    virtcpu_qemu_caps_unref(fake->caps);
}

typedef struct {
    VirtCpuQemuMatrixStore *store;
    const VirtCpuQemuCaps *caps;
    const char *machine;
} Asker;

static gpointer
ask(gpointer data)
{
    const Asker *asker = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) content =
        virtcpu_qemu_matrix_store_content(asker->store, asker->caps, asker->machine, "old", &error);

    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_data_has_feature(content, "aes"));
    return NULL;
}

/* many ask at once, one QEMU is started for each machine type; two stores on one folder learn from
 * each other; a changed binary is asked again */
static void
test_one_start(Fake *fake, gconstpointer script)
{
    g_autoptr(VirtCpuQemuMatrixStore) store = virtcpu_qemu_matrix_store_new(
        fake->qemu.folder, fake->identities, "host", TEST_PATIENCE_MS, NULL);
    g_autoptr(VirtCpuQemuMatrixStore) other = virtcpu_qemu_matrix_store_new(
        fake->qemu.folder, fake->identities, "host", TEST_PATIENCE_MS, NULL);
    Asker first = { store, fake->caps, "pc-1" };
    Asker second = { other, fake->caps, "pc-2" };
    Asker third = { store, fake->caps, "pc-2" };
    GThread *threads[8];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("asker", ask, &first);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpuint(test_fake_qemu_runs(&fake->qemu), ==, 1);
    ask(&second);
    g_assert_cmpuint(test_fake_qemu_runs(&fake->qemu), ==, 2);
    ask(&third);
    g_assert_cmpuint(test_fake_qemu_runs(&fake->qemu), ==, 2);
    test_fake_qemu_replace(&fake->qemu, ANSWERS " ", 0700);
    ask(&first);
    g_assert_cmpuint(test_fake_qemu_runs(&fake->qemu), ==, 3);
}

/* FALSE when it was ended before it had begun. */
static gboolean
check_failure(Fake *fake, unsigned timeout_ms, VirtCpuErrorCode code, const char *words)
{
    g_autoptr(VirtCpuQemuMatrixStore) store = virtcpu_qemu_matrix_store_new(
        fake->qemu.folder, fake->identities, "host", timeout_ms, NULL);

    gint64 failed = 0;

    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_qemu_matrix_store_content(store, fake->caps, "pc-2", "old", &error));
        g_assert_error(error, VIRTCPU_ERROR, (int)code);
        g_assert_nonnull(strstr(error->message, "machine type 'pc-2'"));
        g_assert_nonnull(strstr(error->message, words));
        failed = i == 0 ? g_get_monotonic_time() : failed;
    }
    if (g_get_monotonic_time() - failed > G_TIME_SPAN_SECOND) {
        g_test_skip("the machine was too busy to ask again before another start is due");
        return TRUE;
    }
    g_assert_cmpuint(test_fake_qemu_runs(&fake->qemu), <=, 1);
    return test_fake_qemu_runs(&fake->qemu) == 1;
}

/* one that hangs is ended in time, and not started again at once */
static void
test_hang(Fake *fake, gconstpointer script)
{
    unsigned timeout_ms = 500;

    /* a busy machine takes long to begin with a shell */
    while (!check_failure(fake, timeout_ms, VIRTCPU_ERR_OPERATION_TIMEOUT, "still running")) {
        timeout_ms *= 2;
    }
}

static void
test_death(Fake *fake, gconstpointer script)
{
    g_assert_true(check_failure(fake, TEST_PATIENCE_MS, VIRTCPU_ERR_INTERNAL_ERROR, "broken"));
}

/* ---- with a QEMU ---- */

typedef struct {
    char *binary, *folder;
    VirtCpuQemuCaps *caps;
    GCancellable *cancel;
    VirtCpuQemuIdentities *identities;
    VirtCpuQemuMatrixStore *store;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    fixture->binary = g_find_program_in_path("qemu-system-x86_64");
    if (fixture->binary == NULL) {
        return;
    }
    fixture->folder = test_folder_new();
    fixture->cancel = g_cancellable_new();
    fixture->identities = virtcpu_qemu_identities_new();
    fixture->caps =
        virtcpu_qemu_probe(fixture->binary, VIRTCPU_VIRT_QEMU, TEST_PATIENCE_MS, NULL, &error);
    g_assert_no_error(error);
    fixture->store = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "host",
                                                   TEST_PATIENCE_MS, fixture->cancel);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    if (fixture->folder != NULL) {
        test_folder_remove(fixture->folder);
    }
    virtcpu_qemu_matrix_store_free(fixture->store);
    virtcpu_qemu_identities_free(fixture->identities);
    virtcpu_qemu_caps_unref(fixture->caps);
    g_clear_object(&fixture->cancel);
    g_free(fixture->folder);
    g_free(fixture->binary);
}

static gboolean
skip_without_qemu(const Fixture *fixture)
{
    if (fixture->binary == NULL) {
        g_test_skip("no qemu-system-x86_64 is installed");
    }
    return fixture->binary == NULL;
}

/* arat came to qemu64's relatives with machine type 2.4; what is on disk is believed by the next
 * store, which could not start any QEMU, and by no store for another host */
static void
test_content(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuMatrixStore) next = NULL;
    g_autoptr(VirtCpuQemuMatrixStore) moved = NULL;
    g_autoptr(VirtCpuData) data = NULL;
    g_autoptr(VirtCpuData) old = NULL;
    g_autoptr(VirtCpuData) kept = NULL;

    if (skip_without_qemu(fixture)) {
        return;
    }
    data =
        virtcpu_qemu_matrix_store_content(fixture->store, fixture->caps, "pc", "Westmere", &error);
    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_data_has_feature(data, "aes"));
    g_assert_true(virtcpu_cpu_data_has_feature(data, "arat"));
    old = virtcpu_qemu_matrix_store_content(fixture->store, fixture->caps, "pc-i440fx-2.2",
                                            "Westmere", &error);
    g_assert_no_error(error);
    g_assert_false(virtcpu_cpu_data_has_feature(old, "arat"));

    g_cancellable_cancel(fixture->cancel);
    next = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "host",
                                         TEST_PATIENCE_MS, fixture->cancel);
    kept = virtcpu_qemu_matrix_store_content(next, fixture->caps, "pc", "Westmere", &error);
    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_data_has_feature(kept, "arat"));
    moved = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "other host",
                                          TEST_PATIENCE_MS, fixture->cancel);
    g_assert_null(
        virtcpu_qemu_matrix_store_content(moved, fixture->caps, "pc", "Westmere", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED);
}

static void
test_refusals(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    if (skip_without_qemu(fixture)) {
        return;
    }
    g_assert_null(virtcpu_qemu_matrix_store_content(fixture->store, fixture->caps, "pc-0.0",
                                                    "Westmere", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_null(
        virtcpu_qemu_matrix_store_content(fixture->store, fixture->caps, "pc", "Eastmere", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "Eastmere"));
}

static void
note_progress(const char *machine, guint done, guint total, const GError *failure,
              gpointer user_data)
{
    GString *text = user_data;

    g_string_append_printf(text, "%u/%u %s\n", done, total, failure != NULL ? "failed" : "asked");
}

/* a machine type that cannot be started fails alone */
static void
test_fill(Fixture *fixture, gconstpointer unused)
{
    static const char *const machines[] = { "pc-i440fx-7.2", "no-such-machine", "pc-q35-7.2",
                                            NULL };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuMatrix) matrix = NULL;
    g_autoptr(VirtCpuQemuMatrix) known = NULL;
    const VirtCpuQemuMachine *machine;

    if (skip_without_qemu(fixture)) {
        return;
    }
    machine = virtcpu_qemu_caps_machine(fixture->caps, machines[0]);
    if (machine == NULL) {
        g_test_skip("this QEMU has no machine type pc-i440fx-7.2");
        return;
    }
    virtcpu_qemu_matrix_store_fill(fixture->store, fixture->caps, machines, note_progress, text,
                                   NULL);
    g_assert_nonnull(strstr(text->str, "1/3 "));
    g_assert_nonnull(strstr(text->str, "3/3 "));
    g_assert_nonnull(strstr(text->str, "failed\n"));
    matrix = virtcpu_qemu_matrix_store_get(fixture->store, fixture->caps, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(virtcpu_qemu_matrix_size(matrix), ==, 2);
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, machines[0], "Westmere"), ==,
                    virtcpu_qemu_matrix_cell(matrix, machines[2], "Westmere"));
}

/* nobody is asked any more, and the answer says so */
static void
test_cancelled(Fixture *fixture, gconstpointer unused)
{
    static const char *const machines[] = { "pc", NULL };
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    VirtCpuQemuMatrixWish wish = {
        .machines = machines,
        .pattern = "West*",
        .ask = TRUE,
        .func = note_progress,
        .user_data = text,
        .cancel = cancel,
    };
    g_autoptr(VirtCpuJson) models = NULL;
    guint known = 0;
    guint count = 0;

    if (skip_without_qemu(fixture)) {
        return;
    }
    g_cancellable_cancel(cancel);
    g_assert_null(
        virtcpu_qemu_matrix_answer(fixture->store, fixture->caps, &wish, &known, &count, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED);
    g_assert_cmpstr(text->str, ==, "");
    g_clear_error(&error);
    wish.ask = FALSE;
    g_assert_null(
        virtcpu_qemu_matrix_answer(fixture->store, fixture->caps, &wish, NULL, NULL, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_INVALID);
    g_clear_error(&error);
    wish.ask = TRUE;
    wish.cancel = NULL;
    models =
        virtcpu_qemu_matrix_answer(fixture->store, fixture->caps, &wish, &known, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(known, ==, 1);
    g_assert_cmpuint(count, ==, 1);
    for (gsize i = 0; i < virtcpu_json_size(models); i++) {
        const VirtCpuJson *model = virtcpu_json_at(models, i);

        g_assert_true(g_str_has_prefix(virtcpu_json_get_string(model, "name"), "West"));
        g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(model, "groups")), ==, 1);
    }
    g_assert_cmpuint(virtcpu_json_size(models), >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/matrix-store/one-start", Fake, ANSWERS, set_up_fake, test_one_start,
               tear_down_fake);
    g_test_add("/matrix-store/hang", Fake, HANGS, set_up_fake, test_hang, tear_down_fake);
    g_test_add("/matrix-store/death", Fake, DIES, set_up_fake, test_death, tear_down_fake);
    g_test_add("/matrix-store/content", Fixture, NULL, set_up, test_content, tear_down);
    g_test_add("/matrix-store/refusals", Fixture, NULL, set_up, test_refusals, tear_down);
    g_test_add("/matrix-store/cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
    g_test_add("/matrix-store/fill", Fixture, NULL, set_up, test_fill, tear_down);
    return g_test_run();
}
