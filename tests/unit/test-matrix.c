/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine types and models: equal contents are one, and a file that lies is not believed. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"
#include "drivers/qemu/machine-models.h"
#include "drivers/qemu/matrix-answer.h"
#include "drivers/qemu/matrix.h"
#include "drivers/qemu/probe.h"
#include "tests/unit/folder.h"

#include <glib/gstdio.h>
#include <string.h>

#define DEFINITIONS "[{\"name\": \"old\"}, {\"name\": \"new\"}, {\"name\": \"odd\"}]"

static GPtrArray *
models_of(const char *definitions)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(definitions, -1, &error);
    GPtrArray *models = virtcpu_hv_models_from_json(json, &error);

    g_assert_no_error(error);
    return models;
}

static void
add(VirtCpuQemuMatrix *matrix, const char *machine, const char *answers)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(answers, -1, &error);

    g_assert_no_error(error);
    g_assert_true(virtcpu_qemu_matrix_add(matrix, machine, json, &error));
    g_assert_no_error(error);
}

/* pc-2 differs from pc-1 in one property of one model; the order of properties means nothing */
static VirtCpuQemuMatrix *
make_matrix(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    VirtCpuQemuMatrix *matrix = virtcpu_qemu_matrix_new(models);

    add(matrix, "pc-1",
        "[{\"name\": \"old\", \"props\": {\"aes\": true, \"level\": 4, \"id\": \"a=b\"}},"
        " {\"name\": \"new\", \"props\": {\"aes\": false, \"level\": 5}}, \"too odd\"]");
    add(matrix, "pc-2",
        "[{\"name\": \"old\", \"props\": {\"id\": \"a=b\", \"level\": 4, \"aes\": true}},"
        " {\"name\": \"new\", \"props\": {\"aes\": false, \"level\": 6}}, \"too odd\"]");
    return matrix;
}

static void
check_content(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model,
              const char *expected)
{
    int cell = virtcpu_qemu_matrix_cell(matrix, machine, model);
    g_autoptr(VirtCpuJson) props = NULL;
    g_autofree char *text = NULL;

    g_assert_cmpint(cell, >=, 0);
    props = virtcpu_qemu_matrix_props(matrix, (guint)cell);
    text = virtcpu_json_format(props, FALSE);
    g_assert_cmpstr(text, ==, expected);
}

static void
check_matrix(const VirtCpuQemuMatrix *matrix)
{
    g_assert_cmpuint(virtcpu_qemu_matrix_size(matrix), ==, 2);
    g_assert_cmpuint(virtcpu_qemu_matrix_contents(matrix), ==, 3);
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "old"), ==,
                    virtcpu_qemu_matrix_cell(matrix, "pc-2", "old"));
    check_content(matrix, "pc-2", "old", "{\"aes\":true,\"id\":\"a=b\",\"level\":4}");
    check_content(matrix, "pc-1", "new", "{\"aes\":false,\"level\":5}");
    check_content(matrix, "pc-2", "new", "{\"aes\":false,\"level\":6}");
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "odd"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "odd"), ==, "too odd");
    g_assert_null(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "old"));
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-3", "old"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "none"), ==, VIRTCPU_QEMU_MATRIX_NONE);
}

static void
test_fold(void)
{
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();

    check_matrix(matrix);
}

static void
test_answers(void)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "[\"a\", \"b\", 3]",
        "[\"a\", {\"name\": \"new\"}, \"c\"]",
        "[{\"props\": []}, \"b\", \"c\"]",
        "[\"a\", \"b\", \"c\", \"d\"]",
    };
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuJson) json = virtcpu_json_parse(bad[i], -1, NULL);

        g_assert_false(virtcpu_qemu_matrix_add(matrix, "pc-3", json, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
    check_matrix(matrix);
}

/* A matrix that is filled cell by cell, kept in between, and filled on. */
static void
test_cells(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) other = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) back = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) props = virtcpu_json_parse("{\"0x1.0.eax\": \"0x1\"}", -1, &error);
    g_autoptr(VirtCpuJson) json = NULL;

    virtcpu_qemu_matrix_set(matrix, "pc-1", "new", props, NULL);
    virtcpu_qemu_matrix_set(matrix, "pc-1", "odd", NULL, "it died");
    virtcpu_qemu_matrix_set(matrix, "pc-1", "unheard of", props, NULL);
    g_assert_false(virtcpu_qemu_matrix_knows(matrix, "pc-1", "old"));
    g_assert_false(virtcpu_qemu_matrix_knows(matrix, "pc-2", "new"));
    g_assert_true(virtcpu_qemu_matrix_knows(matrix, "pc-1", "odd"));
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "old"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_null(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "old"));

    json = virtcpu_qemu_matrix_to_json(matrix);
    back = virtcpu_qemu_matrix_from_json(models, json, &error);
    g_assert_no_error(error);
    virtcpu_qemu_matrix_set(other, "pc-1", "old", NULL, "refused");
    virtcpu_qemu_matrix_set(other, "pc-1", "odd", NULL, "not taken over");
    virtcpu_qemu_matrix_merge(back, other);
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(back, "pc-1", "old"), ==, "refused");
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(back, "pc-1", "odd"), ==, "it died");
    check_content(back, "pc-1", "new", "{\"0x1.0.eax\":\"0x1\"}");
}

static void
test_merge(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(GPtrArray) others = models_of("[{\"name\": \"old\"}]");
    g_autoptr(VirtCpuQemuMatrix) from = make_matrix();
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) other = virtcpu_qemu_matrix_new(others);

    add(matrix, "pc-2",
        "[{\"props\": {\"level\": 4, \"id\": \"a=b\", \"aes\": true}},"
        " {\"props\": {\"level\": 6, \"aes\": false}}, \"too odd\"]");
    virtcpu_qemu_matrix_merge(matrix, from);
    check_matrix(matrix);
    virtcpu_qemu_matrix_merge(other, from);
    g_assert_cmpuint(virtcpu_qemu_matrix_size(other), ==, 0);
}

static void
test_json(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_matrix_to_json(matrix);
    g_autoptr(VirtCpuQemuMatrix) again = virtcpu_qemu_matrix_from_json(models, json, &error);

    g_assert_no_error(error);
    check_matrix(again);
}

/* A good document with one member replaced. */
typedef struct {
    const char *label, *member, *value;
} LieRow;

static const LieRow lies[] = {
    { "other-models", "models", "[\"old\", \"new\", \"odder\"]" },
    { "fewer-models", "models", "[\"old\", \"new\"]" },
    { "no-models", "models", "null" },
    { "pair-number", "pairs", "[1, 2, 3, 4, 5, 6]" },
    { "pair-without-value", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"f\"]" },
    { "pair-of-no-json", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"f=no\"]" },
    { "pair-twice", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"a=1\"]" },
    { "set-of-too-much", "sets", "[\"07\", \"18\", \"40\"]" },
    { "set-too-long", "sets", "[\"07\", \"18\", \"2801\"]" },
    { "set-cut", "sets", "[\"07\", \"18\", \"2\"]" },
    { "set-no-hex", "sets", "[\"0g\", \"18\", \"28\"]" },
    { "set-twice", "sets", "[\"07\", \"07\", \"28\"]" },
    { "refusal-number", "refusals", "[1]" },
    { "cell-too-high", "machines", "{\"pc\": [0, 3, 1]}" },
    { "cell-too-low", "machines", "{\"pc\": [0, 1, -2]}" },
    { "cell-no-number", "machines", "{\"pc\": [0, 1, \"2\"]}" },
    { "row-cut", "machines", "{\"pc\": [0, 1]}" },
    { "rows-of-no-object", "machines", "[[0, 1, 2]]" },
};

static void
test_lie(gconstpointer data)
{
    const LieRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_matrix_to_json(matrix);

    virtcpu_json_set(json, row->member, virtcpu_json_parse(row->value, -1, NULL));
    g_assert_null(virtcpu_qemu_matrix_from_json(models, json, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

/* ---- with a script posing as QEMU ---- */

#define COUNT "#!/bin/sh\necho started >> \"$(dirname \"$0\")/runs\"\n"
#define ANSWERS                                                                                    \
    COUNT "exec >&3\n"                                                                             \
          "echo '{\"QMP\": {\"version\": {}, \"capabilities\": []}}'\n"                            \
          "read line <&3\n"                                                                        \
          "echo '{\"return\": {}, \"id\": \"virtcpu-1\"}'\n"                                       \
          "echo '{\"return\": {\"model\": {\"name\": \"old\", \"props\": {\"aes\": true}}}, "      \
          "\"id\": \"virtcpu-2\"}'\n"                                                              \
          "exec sleep 60\n"
#define HANGS COUNT "exec sleep 60\n"
#define DIES  COUNT "echo broken >&2\nexit 1\n"

typedef struct {
    char *folder, *binary, *runs;
    VirtCpuQemuIdentities *identities;
    VirtCpuQemuCaps *caps; /* one model, machine types pc-1 and pc-2 */
} Fake;

static void
set_up_fake(Fake *fake, gconstpointer script)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(VirtCpuJson) json = NULL;

    fake->identities = virtcpu_qemu_identities_new();
    fake->folder = g_dir_make_tmp("virtcpu-XXXXXX", NULL);
    fake->binary = g_build_filename(fake->folder, "qemu-system-x86_64", NULL);
    fake->runs = g_build_filename(fake->folder, "runs", NULL);
    g_assert_true(g_file_set_contents(fake->binary, script, -1, NULL));
    g_assert_cmpint(g_chmod(fake->binary, 0700), ==, 0);
    text = g_strdup_printf(
        "{\"binary\": \"%s\", \"virt-type\": \"qemu\", \"target\": {\"arch\": \"x86_64\"},"
        " \"version\": {\"qemu\": {\"major\": 9, \"minor\": 8, \"micro\": 7}, \"package\": \"\"},"
        " \"machines\": [{\"name\": \"pc-1\", \"cpu-max\": 4}, {\"name\": \"pc-2\", \"cpu-max\": "
        "4}],"
        " \"models\": [{\"name\": \"old\"}],"
        " \"commands\": [{\"name\": \"query-cpu-model-expansion\"}]}",
        fake->binary);
    json = virtcpu_json_parse(text, -1, &error);
    g_assert_no_error(error);
    fake->caps = virtcpu_qemu_caps_from_json(json, &error);
    g_assert_no_error(error);
}

static void
tear_down_fake(Fake *fake, gconstpointer script)
{
    test_folder_remove(fake->folder);
    virtcpu_qemu_identities_free(fake->identities);
    virtcpu_qemu_caps_unref(fake->caps);
    g_free(fake->folder);
    g_free(fake->binary);
    g_free(fake->runs);
}

static gsize
count_runs(const Fake *fake)
{
    g_autofree char *text = NULL;
    gsize length = 0;

    return g_file_get_contents(fake->runs, &text, &length, NULL) ? length / strlen("started\n") : 0;
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
    g_autoptr(VirtCpuQemuMatrixStore) store =
        virtcpu_qemu_matrix_store_new(fake->folder, fake->identities, "host", 20000, NULL);
    g_autoptr(VirtCpuQemuMatrixStore) other =
        virtcpu_qemu_matrix_store_new(fake->folder, fake->identities, "host", 20000, NULL);
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
    g_assert_cmpuint(count_runs(fake), ==, 1);
    ask(&second);
    g_assert_cmpuint(count_runs(fake), ==, 2);
    ask(&third);
    g_assert_cmpuint(count_runs(fake), ==, 2);
    g_assert_true(g_file_set_contents(fake->binary, ANSWERS " ", -1, NULL));
    g_assert_cmpint(g_chmod(fake->binary, 0700), ==, 0);
    ask(&first);
    g_assert_cmpuint(count_runs(fake), ==, 3);
}

static void
check_failure(Fake *fake, unsigned timeout_ms, VirtCpuErrorCode code, const char *words)
{
    g_autoptr(VirtCpuQemuMatrixStore) store =
        virtcpu_qemu_matrix_store_new(fake->folder, fake->identities, "host", timeout_ms, NULL);

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
        return;
    }
    g_assert_cmpuint(count_runs(fake), ==, 1);
}

/* one that hangs is ended in time, and not started again at once */
static void
test_hang(Fake *fake, gconstpointer script)
{
    /* long enough for a shell to have begun on a busy machine */
    check_failure(fake, 3000, VIRTCPU_ERR_OPERATION_TIMEOUT, "still running");
}

static void
test_death(Fake *fake, gconstpointer script)
{
    check_failure(fake, 20000, VIRTCPU_ERR_INTERNAL_ERROR, "broken");
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
    fixture->folder = g_dir_make_tmp("virtcpu-XXXXXX", NULL);
    fixture->cancel = g_cancellable_new();
    fixture->identities = virtcpu_qemu_identities_new();
    fixture->caps = virtcpu_qemu_probe(fixture->binary, VIRTCPU_VIRT_QEMU, 30000, NULL, &error);
    g_assert_no_error(error);
    fixture->store = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "host",
                                                   30000, fixture->cancel);
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
    next = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "host", 30000,
                                         fixture->cancel);
    kept = virtcpu_qemu_matrix_store_content(next, fixture->caps, "pc", "Westmere", &error);
    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_data_has_feature(kept, "arat"));
    moved = virtcpu_qemu_matrix_store_new(fixture->folder, fixture->identities, "other host", 30000,
                                          fixture->cancel);
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
    g_test_add_func("/matrix/fold", test_fold);
    g_test_add_func("/matrix/answers", test_answers);
    g_test_add_func("/matrix/cells", test_cells);
    g_test_add_func("/matrix/merge", test_merge);
    g_test_add_func("/matrix/json", test_json);
    for (gsize i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autofree char *path = g_strdup_printf("/matrix/lie/%s", lies[i].label);

        g_test_add_data_func(path, &lies[i], test_lie);
    }
    g_test_add("/matrix/one-start", Fake, ANSWERS, set_up_fake, test_one_start, tear_down_fake);
    g_test_add("/matrix/hang", Fake, HANGS, set_up_fake, test_hang, tear_down_fake);
    g_test_add("/matrix/death", Fake, DIES, set_up_fake, test_death, tear_down_fake);
    g_test_add("/matrix/content", Fixture, NULL, set_up, test_content, tear_down);
    g_test_add("/matrix/refusals", Fixture, NULL, set_up, test_refusals, tear_down);
    g_test_add("/matrix/cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
    g_test_add("/matrix/fill", Fixture, NULL, set_up, test_fill, tear_down);
    return g_test_run();
}
